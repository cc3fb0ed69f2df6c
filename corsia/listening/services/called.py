"""Which plans call people in place of writing to them."""

from corsia.listening.vocabulary import Instrument

CALLED = frozenset({Instrument.IVR, Instrument.PHONE})
