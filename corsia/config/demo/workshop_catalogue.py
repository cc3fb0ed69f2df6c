"""The catalogue of the invented group: what its workshops do, how long it takes, what it costs."""

from dataclasses import dataclass

from corsia.workshop.vocabulary import BayKind, JobGroup

ENGINE, DIAGNOSIS, ELECTRIC, BODYWORK = "engine", "diagnosis", "electric", "bodywork"
SKILLS = (
    (ENGINE, "Meccanica", "Mechanics"),
    (DIAGNOSIS, "Diagnosi elettronica", "Electronic diagnosis"),
    (ELECTRIC, "Elettrico e ibrido", "Electric and hybrid"),
    (BODYWORK, "Carrozzeria", "Bodywork"),
)


@dataclass(frozen=True)
class Step:
    """A step of a job."""

    skill: str  # "" any technician
    level: int
    bay: BayKind
    minutes: int


@dataclass(frozen=True)
class Work:
    """A job: `weight` is how often it comes, in parts of all; parts are code, name, quantity, cents of one."""

    code: str
    it: str
    en: str
    group: JobGroup
    cents: int  # labour, VAT included
    steps: tuple[Step, ...]
    weight: int = 2
    parts: tuple[tuple[str, str, str, int], ...] = ()
    is_online: bool = False
    fuel: str = ""


def _lift(minutes: int, level: int = 1) -> tuple[Step, ...]:
    return (Step(ENGINE, level, BayKind.LIFT, minutes),)


_OIL = (("OLIO-5W30", "Olio motore 5W-30, litro", "4", 1_650), ("FO-101", "Filtro olio", "1", 1_480))
_G = JobGroup
JOBS = (
    Work("TAG15", "Tagliando con cambio olio", "Service with oil change", _G.SERVICE, 9_900, _lift(60), 14, _OIL, True),
    Work(
        "TAG30", "Tagliando con filtri aria e abitacolo", "Service with air and cabin filters", _G.SERVICE, 14_900,
        _lift(75), 12, (*_OIL, ("FA-220", "Filtro aria", "1", 2_190), ("FC-118", "Filtro abitacolo", "1", 2_450)), True,
    ),
    Work(
        "TAG60", "Tagliando con candele", "Service with spark plugs", _G.SERVICE, 21_900, _lift(120), 6,
        (*_OIL, ("CN-014", "Candela", "4", 1_390)), True, "petrol",
    ),
    Work(
        "TAGGAS", "Tagliando con filtro gasolio", "Service with diesel filter", _G.SERVICE, 20_900, _lift(105), 6,
        (*_OIL, ("FG-330", "Filtro gasolio", "1", 4_850)), True, "diesel",
    ),
    Work(
        "TAGEL", "Tagliando auto elettrica", "Service of an electric car", _G.SERVICE, 12_900,
        (Step(ELECTRIC, 1, BayKind.LIFT, 60),), 2, (), True, "electric",
    ),
    Work("LIQFR", "Sostituzione liquido freni", "Brake fluid change", _G.SERVICE, 6_900, _lift(45), 4,
         (("DOT4", "Liquido freni DOT 4, litro", "1", 1_350),), True),
    Work("CLIMA", "Ricarica climatizzatore", "Air-conditioning recharge", _G.SERVICE, 8_900, _lift(60), 5,
         (("R1234", "Gas refrigerante, ettogrammo", "5", 1_050),), True),
    Work("CHECK", "Controllo prima di un viaggio", "Check before a journey", _G.SERVICE, 3_900, _lift(30), 4, (), True),
    Work("PASTA", "Pastiglie freno anteriori", "Front brake pads", _G.REPAIR, 8_500, _lift(60), 6,
         (("PF-410", "Pastiglie freno anteriori", "1", 6_900),), True),
    Work("DISCHI", "Dischi e pastiglie anteriori", "Front discs and pads", _G.REPAIR, 13_500, _lift(105), 4,
         (("DF-512", "Disco freno", "2", 7_400), ("PF-410", "Pastiglie freno anteriori", "1", 6_900))),
    Work("FRPOST", "Freni posteriori", "Rear brakes", _G.REPAIR, 12_500, _lift(90), 3,
         (("PP-411", "Pastiglie freno posteriori", "1", 5_900),)),
    Work("AMMO", "Ammortizzatori anteriori", "Front shock absorbers", _G.REPAIR, 21_000, _lift(150, 2), 2,
         (("AM-710", "Ammortizzatore", "2", 9_800),)),
    Work("DISTR", "Cinghia di distribuzione e pompa acqua", "Timing belt and water pump", _G.REPAIR, 39_000,
         _lift(240, 2), 3, (("KD-900", "Kit distribuzione", "1", 18_900), ("PA-903", "Pompa acqua", "1", 7_600))),
    Work("FRIZ", "Sostituzione frizione", "Clutch replacement", _G.REPAIR, 52_000, _lift(300, 2), 2,
         (("KF-210", "Kit frizione", "1", 24_500),)),
    Work("BATT", "Batteria di avviamento", "Starter battery", _G.REPAIR, 3_500, _lift(30), 4,
         (("BT-070", "Batteria 70 Ah", "1", 12_900),), True),
    Work("DIAG", "Diagnosi elettronica", "Electronic diagnosis", _G.REPAIR, 7_900,
         (Step(DIAGNOSIS, 2, BayKind.DIAGNOSIS, 60),), 8),
    Work("RUMORE", "Ricerca di un rumore", "Search for a noise", _G.REPAIR, 6_500,
         (Step(DIAGNOSIS, 1, BayKind.LIFT, 60),), 4),
    Work("SPIA", "Spia motore: diagnosi e prova su strada", "Engine light: diagnosis and road test", _G.REPAIR, 11_500,
         (Step(DIAGNOSIS, 2, BayKind.DIAGNOSIS, 60), Step(ENGINE, 1, BayKind.LIFT, 30)), 4),
    Work("EGR", "Pulizia valvola EGR", "EGR valve cleaning", _G.REPAIR, 18_500, _lift(150, 2), 2, (), False, "diesel"),
    Work("ALZA", "Alzacristalli", "Window lifter", _G.REPAIR, 9_800, _lift(90), 2,
         (("AZ-301", "Alzacristallo", "1", 8_700),)),
    Work("GOMME", "Cambio gomme stagionale", "Seasonal tyre change", _G.TYRES, 4_500,
         (Step("", 1, BayKind.TYRES, 45),), 12, (), True),
    Work("GOMNUO", "Quattro gomme nuove con equilibratura", "Four new tyres with balancing", _G.TYRES, 6_500,
         (Step("", 1, BayKind.TYRES, 60),), 6, (("PN-205", "Pneumatico 205/55 R16", "4", 8_900),)),
    Work("ASSETTO", "Convergenza e assetto", "Wheel alignment", _G.TYRES, 7_500,
         (Step(ENGINE, 1, BayKind.ALIGNMENT, 60),), 4, (), True),
    Work("FORATURA", "Riparazione foratura", "Puncture repair", _G.TYRES, 2_500,
         (Step("", 1, BayKind.TYRES, 30),), 3),
    Work("REVIS", "Revisione ministeriale", "Statutory inspection", _G.INSPECTION, 7_902,
         (Step(ENGINE, 2, BayKind.ALIGNMENT, 45),), 8, (), True),
    Work("PREREV", "Controllo prima della revisione", "Check before the inspection", _G.INSPECTION, 2_900,
         _lift(30), 3, (), True),
    Work("HVBAT", "Controllo batteria alta tensione", "High-voltage battery check", _G.HIGH_VOLTAGE, 11_900,
         (Step(ELECTRIC, 2, BayKind.HIGH_VOLTAGE, 90),), 2, (), False, "electric"),
    Work("HVINV", "Sostituzione inverter", "Inverter replacement", _G.HIGH_VOLTAGE, 48_000,
         (Step(ELECTRIC, 2, BayKind.HIGH_VOLTAGE, 240),), 1, (("IN-550", "Inverter", "1", 189_000),), False,
         "electric"),
    Work("PARAU", "Paraurti: smontaggio e verniciatura", "Bumper: removal and painting", _G.BODY, 34_000,
         (Step(BODYWORK, 2, BayKind.BODY, 180),), 3),
    Work("GRAFFI", "Lucidatura graffi", "Scratch polishing", _G.BODY, 12_000,
         (Step(BODYWORK, 1, BayKind.BODY, 90),), 3),
    Work("PARABR", "Sostituzione parabrezza", "Windscreen replacement", _G.BODY, 18_000,
         (Step(BODYWORK, 1, BayKind.BODY, 120),), 2, (("VT-800", "Parabrezza", "1", 24_900),)),
    Work("SINIS", "Sinistro: rilievo dei danni e perizia", "Accident: damage survey and estimate", _G.BODY, 4_900,
         (Step(BODYWORK, 1, BayKind.BODY, 45),), 2),
    Work("PORTA", "Porta: raddrizzatura e verniciatura", "Door: straightening and painting", _G.BODY, 62_000,
         (Step(BODYWORK, 2, BayKind.BODY, 150), Step(BODYWORK, 2, BayKind.BODY, 120)), 1,
         (("VR-620", "Vernice a base acqua, litro", "0.5", 9_800),)),
    Work("AVVIO", "Non parte: ricerca del guasto", "Does not start: finding the fault", _G.REPAIR, 7_500,
         (Step(DIAGNOSIS, 1, BayKind.LIFT, 60),), 2),
    Work("TRAINO", "Rientro con carro attrezzi: accettazione e controllo", "Arrival by tow truck: intake and check",
         _G.REPAIR, 5_900, _lift(30), 1),
    Work("GOM2", "Due gomme nuove con equilibratura", "Two new tyres with balancing", _G.TYRES, 3_900,
         (Step("", 1, BayKind.TYRES, 40),), 3, (("PN-205", "Pneumatico 205/55 R16", "2", 8_900),)),
    Work("DEPOS", "Deposito stagionale delle gomme", "Seasonal tyre storage", _G.TYRES, 6_000,
         (Step("", 1, BayKind.TYRES, 15),), 2, (), True),
    Work("HVCAVO", "Presa e cavo di ricarica: controllo", "Charging socket and cable check", _G.HIGH_VOLTAGE, 6_900,
         (Step(ELECTRIC, 1, BayKind.HIGH_VOLTAGE, 45),), 1, (), True, "electric"),
    Work("HVRAFF", "Liquido di raffreddamento della batteria", "Battery coolant change", _G.HIGH_VOLTAGE, 14_900,
         (Step(ELECTRIC, 2, BayKind.HIGH_VOLTAGE, 90),), 1, (("LQ-880", "Liquido dielettrico, litro", "6", 1_950),),
         False, "electric"),
    Work("RC6417", "Richiamo airbag lato guida", "Recall: driver airbag", _G.RECALL, 0, _lift(45), 3),
    Work("RC6582", "Richiamo cablaggio batteria di servizio", "Recall: service battery wiring", _G.RECALL, 0,
         (Step(DIAGNOSIS, 1, BayKind.LIFT, 30),), 3),
)  # fmt: skip
PACKAGES = (  # code, names, cents or None, jobs, online
    ("P30", "Tagliando 30.000 km", "30,000 km service", 27_900, ("TAG30", "LIQFR"), True),
    ("P60", "Tagliando 60.000 km benzina", "60,000 km service, petrol", 43_900, ("TAG60", "LIQFR", "PASTA"), True),
    ("P15", "Tagliando 15.000 km", "15,000 km service", 17_900, ("TAG15", "CHECK"), True),
    ("P90", "Tagliando 90.000 km benzina", "90,000 km service, petrol", 52_900, ("TAG60", "LIQFR", "FRPOST"), True),
    (
        "P120",
        "Tagliando 120.000 km con distribuzione",
        "120,000 km service with timing belt",
        None,
        ("TAG30", "DISTR"),
        False,
    ),
    ("PEL30", "Tagliando elettrica 30.000 km", "30,000 km service, electric", 21_900, ("TAGEL", "HVBAT"), False),
    ("PREV", "Revisione senza pensieri", "Inspection without worries", 9_900, ("PREREV", "REVIS"), True),
    ("PINV", "Pronti per l'inverno", "Ready for winter", None, ("GOMME", "BATT", "CHECK"), True),
    ("PEST", "Pronti per l'estate", "Ready for summer", None, ("GOMME", "CLIMA"), True),
)
