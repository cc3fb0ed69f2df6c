"""THE list of what goes into the warehouse."""

from collections.abc import Sequence

from corsia.cases import datasets as cases
from corsia.kernel.datasets import Dataset
from corsia.knowledge import datasets as knowledge
from corsia.listening import datasets as listening
from corsia.messaging import datasets as messaging
from corsia.workshop import datasets as workshop

DATASETS: Sequence[Dataset] = (
    *cases.DATASETS,
    *messaging.DATASETS,
    *listening.DATASETS,
    *knowledge.DATASETS,
    *workshop.DATASETS,
)
