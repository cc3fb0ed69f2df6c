"""Invented people, places and cars. Domains end in .example and numbers stand in ranges that nobody was ever given."""

import random
from dataclasses import dataclass


def _words(text: str, between: str | None = None) -> list[str]:
    return text.split(between)


FIRST_MEN = _words(
    "Marco Luca Andrea Matteo Lorenzo Davide Simone Roberto Stefano Paolo Mario Riccardo Pietro Carlo Luigi Michele "
    "Fabio Daniele Federico Gabriele Claudio Massimo Enrico Giorgio Alberto Filippo Nicolò Tommaso Gianluca Maurizio "
    "Bruno Sergio Franco Edoardo Giacomo Mattia Diego Renato Silvio Umberto Aldo Cesare Dario Guido Nicola Walter "
    "Giovanni Alessandro Francesco Antonio Giuseppe Emanuele Leonardo Vittorio Valerio Ettore"
)
FIRST_WOMEN = _words(
    "Giulia Francesca Sara Laura Chiara Valentina Alessia Elena Federica Martina Paola Silvia Giorgia Elisa Simona "
    "Roberta Sofia Barbara Cristina Ilaria Michela Monica Daniela Rosa Angela Teresa Lucia Giovanna Caterina Patrizia "
    "Antonella Stefania Claudia Serena Veronica Beatrice Marta Eleonora Irene Camilla Aurora Emma Gaia Greta Noemi "
    "Arianna Nicoletta Rita Sabrina Sonia Tiziana Bianca Carla Donatella Flavia Vittoria Maria Anna"
)
LAST = (
    "Rossi Russo Ferrari Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Mancini Costa Giordano Rizzo "
    "Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile "
    "Martinelli Vitale Serra Marchetti Parisi Villa Conte Ferri Fabbri Marini Valentini Messina Sala Gatti Pellegrini "
    "Palumbo Farina Rizzi Monti Cattaneo Morelli Amato Silvestri Mazza Testa Grassi Carbone Giuliani Benedetti Barone "
    "Rossetti Caputo Montanari Guerra Palmieri Bernardi Fiore Ferretti Bellini Basile Riva Donati Vitali Battaglia "
    "Sartori Neri Costantini Milani Pagano Ruggiero Orlando Negri Zanetti Bresciani Bertoli Pedretti Zanardelli "
    "Scalvini Ghidini Tonoli Bonomi Bertolini Belotti Locatelli Rota Carminati Pesenti Zambelli Turrini Pasini Gozzi "
    "Mori Bosio Archetti Gritti Facchinetti Rampinelli Spada Zanoni Corradini Zorzi Bonetti Cominelli Foresti Maffeis "
    "D'Amico D'Angelo De Luca De Santis Dal Pozzo Della Torre Lo Presti"
)
_PARTICLES = ("De", "Dal", "Della", "Lo")
LAST_NAMES = [
    name.replace("_", " ")
    for name in " ".join(word + "_" if word in _PARTICLES else word for word in LAST.split()).replace("_ ", "_").split()
]
STREETS = _words(
    "Via Roma|Via Garibaldi|Via Mazzini|Viale Cavour|Via Dante|Via Verdi|Via Marconi|Via Matteotti|Viale Europa|"
    "Via della Libertà|Via Manzoni|Via Leopardi|Via Volta|Via Galilei|Corso Magenta|Via dei Mille|Via San Martino|"
    "Via dei Tigli|Via del Mulino|Via San Rocco|Piazza Vittoria|Via Trento|Via Trieste|Via Carducci|Via Foscolo",
    "|",
)
FIRMS = _words(
    "Autotrasporti|Edil|Termoidraulica|Carpenterie|Falegnameria|Officine|Impianti|Servizi|Logistica|Tipografia|Cantina|"
    "Ferramenta|Studio|Immobiliare|Panificio|Serramenti|Vivai|Elettro|Meccanica|Tessitura",
    "|",
)
FORMS = ("S.r.l.", "S.p.A.", "S.n.c.", "S.a.s.")
MAIL_DOMAINS = ("posta.example", "libera.example", "mail.example", "casella.example", "virgola.example")


@dataclass(frozen=True)
class Town:
    """A place with a branch."""

    name: str
    slug: str
    province: str
    postcode: str
    cadastral: str  # its code in Italian tax codes
    dial: str
    patron: tuple[int, int]  # month, day
    weight: int  # share of the group's customers


TOWNS = (
    Town("Brescia", "brescia", "BS", "25121", "B157", "030", (2, 15), 16),
    Town("Bergamo", "bergamo", "BG", "24121", "A794", "035", (8, 26), 12),
    Town("Verona", "verona", "VR", "37121", "L781", "045", (5, 21), 12),
    Town("Mantova", "mantova", "MN", "46100", "E897", "0376", (3, 18), 8),
    Town("Cremona", "cremona", "CR", "26100", "D150", "0372", (11, 13), 6),
    Town("Milano Certosa", "milano-certosa", "MI", "20151", "F205", "02", (12, 7), 14),
    Town("Monza", "monza", "MB", "20900", "F704", "039", (6, 24), 8),
    Town("Como", "como", "CO", "22100", "C933", "031", (8, 31), 6),
    Town("Piacenza", "piacenza", "PC", "29121", "G535", "0523", (7, 4), 6),
    Town("Parma", "parma", "PR", "43121", "G337", "0521", (1, 13), 7),
    Town("Trento", "trento", "TN", "38122", "L378", "0461", (6, 26), 5),
)


@dataclass(frozen=True)
class Model:
    """A car people drive, with the maker's sign and a share of the road."""

    make: str
    name: str
    wmi: str
    fuels: tuple[str, ...]
    weight: int


MODELS = (
    Model("Fiat", "Panda", "ZFA", ("petrol", "hybrid", "methane"), 18),
    Model("Fiat", "500", "ZFA", ("petrol", "hybrid", "electric"), 12),
    Model("Fiat", "Tipo", "ZFA", ("diesel", "petrol"), 7),
    Model("Fiat", "Ducato", "ZFA", ("diesel", "electric"), 5),
    Model("Alfa Romeo", "Giulia", "ZAR", ("diesel", "petrol"), 5),
    Model("Alfa Romeo", "Stelvio", "ZAR", ("diesel", "petrol"), 6),
    Model("Alfa Romeo", "Tonale", "ZAR", ("hybrid", "plug_in", "diesel"), 7),
    Model("Jeep", "Renegade", "1C4", ("petrol", "diesel", "plug_in"), 10),
    Model("Jeep", "Compass", "1C4", ("diesel", "plug_in"), 8),
    Model("Jeep", "Avenger", "1C4", ("petrol", "electric"), 5),
    Model("Lancia", "Ypsilon", "ZLA", ("hybrid", "petrol", "lpg"), 9),
    Model("Peugeot", "208", "VF3", ("petrol", "electric"), 5),
    Model("Citroën", "C3", "VF7", ("petrol", "diesel"), 4),
)
_PLATE = "ABCDEFGHJKLMNPRSTVWXYZ"
_VIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def plate(number: int) -> str:
    """Return the car plate of a running number, each different: letters, three digits, letters."""
    digits, rest = number % 1000, number // 1000
    last, rest = _PLATE[rest % 22], rest // 22
    third, rest = _PLATE[rest % 22], rest // 22
    return f"{'FGH'[rest // 22 % 3]}{_PLATE[rest % 22]}{digits:03d}{third}{last}"


def vin(model: Model, number: int, rng: random.Random) -> str:
    """Return a VIN with the maker's sign and a running number, each different."""
    middle = "".join(rng.choices(_VIN, k=7))
    return f"{model.wmi}{middle}0{number:06d}"


def mobile(number: int) -> str:
    """Return a mobile number in a range that is not in use."""
    return f"+39300{number:07d}"


def landline(town: Town, number: int) -> str:
    """Return a landline of a town whose subscriber part begins with 0, as none does."""
    return f"+39{town.dial}0{number:06d}"
