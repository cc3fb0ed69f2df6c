"""What the group says of its journey in its own words: promise, guidelines, personas, findings, visits."""

from collections.abc import Mapping, Sequence

PROMISE_IT = (
    "Sa sempre a che punto è la Sua auto, chi se ne occupa e quando sarà pronta. E se sbagliamo, La richiamiamo noi."
)
PROMISE_EN = (
    "You always know how things stand with your car, who looks after it and when it will be ready. "
    "And when we get it wrong, we are the ones who call."
)

# Factor, service ("" every), kind of place ("" every), guideline, question to customers.
GUIDELINES: Sequence[tuple[str, str, str, str, str]] = (
    ("certainty", "", "", "Ogni promessa ha una data e un nome. Se la data cambia, avvisiamo noi per primi.", ""),
    (
        "certainty",
        "sales",
        "showroom",
        "Il preventivo è scritto, completo di messa in strada, e vale quindici giorni.",
        "Il prezzo finale è stato quello del preventivo?",
    ),
    (
        "certainty",
        "workshop",
        "workshop",
        "Nessun lavoro comincia senza un preventivo approvato.",
        "Ha approvato il preventivo prima dei lavori?",
    ),
    (
        "freedom",
        "",
        "online",
        "Tutto ciò che si fa allo sportello si può fare anche dal telefono, alle dieci di sera.",
        "",
    ),
    (
        "freedom",
        "workshop",
        "workshop",
        "Auto sostitutiva o ritiro a domicilio: il cliente sceglie, non chiede.",
        "Le abbiamo proposto come muoversi senza la Sua auto?",
    ),
    ("innovation", "sales", "showroom", "La prova di un'elettrica comprende la ricarica, fatta insieme.", ""),
    (
        "innovation",
        "workshop",
        "workshop",
        "Mandiamo foto e video del difetto, non solo il codice del ricambio.",
        "Ha ricevuto le foto di ciò che abbiamo trovato?",
    ),
    (
        "status",
        "sales",
        "showroom",
        "La consegna è un appuntamento di un'ora, con una persona sola e senza telefono.",
        "",
    ),
    ("status", "care", "phone", "Chi risponde vede la storia: nessuno ripete la targa due volte.", ""),
    (
        "control",
        "",
        "online",
        "Lo stato di ordini e lavori si vede in ogni momento, con la prossima data.",
        "Sapeva a che punto era la Sua auto senza chiamarci?",
    ),
    ("control", "parts", "counter", "Prima di ordinare un ricambio diciamo prezzo e giorno di arrivo.", ""),
    ("belonging", "", "", "Chiamiamo le persone per nome e ricordiamo ciò che ci hanno detto.", ""),
    (
        "belonging",
        "care",
        "phone",
        "Dopo un reclamo chiuso richiama chi lo ha seguito, dieci giorni dopo.",
        "Si è sentito ascoltato fino in fondo?",
    ),
)

# Name, population, portrait, goals, frustrations, moments.
PERSONAS: Sequence[tuple[str, str, str, Sequence[str], Sequence[str], Mapping[str, str]]] = (
    (
        "Chiara, la prima auto di famiglia",
        "retail",
        "38 anni, due figli, lavora a turni: decide la sera, dal telefono.",
        ("Sapere il costo al mese, tutto compreso", "Un'auto sicura e spaziosa", "Non perdere mezze giornate"),
        ("Preventivi che cambiano al secondo incontro", "Telefonate in orario di lavoro"),
        {
            "website": "Confrontare le rate senza lasciare il numero",
            "quotation": "Un foglio solo, con la rata e la permuta",
            "order-to-delivery": "Un messaggio ogni volta che la data si muove",
            "service-booking": "Prenotare alle dieci di sera",
        },
    ),
    (
        "Giuseppe, cliente da trent'anni",
        "retail",
        "67 anni, quinta auto dallo stesso salone; si fida delle persone, non delle app.",
        ("Parlare con qualcuno che lo conosce", "Capire la fattura", "Tenere l'auto dieci anni"),
        ("Cambia sempre l'accettatore", "Il risponditore con i tasti"),
        {
            "showroom-visit": "Essere riconosciuto quando entra",
            "reception": "Lo stesso accettatore dell'anno scorso",
            "handback": "Cinque minuti per spiegare la fattura",
            "contact-centre": "Una voce, non un menu",
        },
    ),
    (
        "Studio Ferrari, la partita IVA",
        "retail",
        "Agente di commercio, 60.000 km l'anno: l'auto ferma è un giorno perso.",
        ("Auto sostitutiva certa", "Un solo interlocutore", "Scadenze ricordate in anticipo"),
        ("Fermi non annunciati", "Ricambi in arretrato scoperti il giorno stesso"),
        {
            "service-booking": "Posto in 48 ore e sostitutiva confermata",
            "parts-counter": "Sapere prima se il ricambio c'è",
            "complaint-handling": "Una risposta entro la sera",
            "renewal-offer": "Una proposta tre mesi prima della scadenza",
        },
    ),
    (
        "Ingegner Galli, gestore di flotta",
        "fleet_manager",
        "120 auto in quattro province: misura i giorni di fermo e i costi per veicolo.",
        ("Dati mensili puntuali", "Consegne in lotto alla data promessa", "Un referente per filiale"),
        ("Fatture da ricomporre a mano", "Autisti che chiamano lui invece dell'officina"),
        {
            "order-to-delivery": "Dieci auto lo stesso giorno, targate",
            "owner-portal": "Lo stato dei lavori di tutta la flotta",
            "handback": "Una fattura per centro di costo",
        },
    ),
)

# Days ago, competitor, touchpoint, standing, what they do, what we would change, source.
BENCHMARKS: Sequence[tuple[int, str, str, str, str, str, str]] = (
    (
        24,
        "Autogruppo Lombardo",
        "order-to-delivery",
        "behind",
        "Messaggio a ogni passaggio dell'ordine, con la foto dell'auto quando arriva in piazzale.",
        "Avvisi automatici sui passaggi dell'ordine; foto all'arrivo.",
        "Visita mystery, salone di Brescia Sud",
    ),
    (
        31,
        "Nordauto",
        "service-booking",
        "behind",
        "Prenotazione in officina dal sito con scelta dell'ora e dell'auto sostitutiva.",
        "Aggiungere la sostitutiva alla prenotazione.",
        "Prova sul loro sito",
    ),
    (
        47,
        "Autogruppo Lombardo",
        "quotation",
        "level",
        "Preventivo via mail in giornata, senza la permuta.",
        "",
        "Visita mystery, salone di Bergamo",
    ),
    (
        63,
        "Concessionaria Adige",
        "complaint-handling",
        "ahead",
        "Risposta dopo nove giorni con una lettera standard.",
        "",
        "Recensioni pubbliche, ultimi sei mesi",
    ),
    (
        88,
        "Nordauto",
        "handback",
        "behind",
        "Video del meccanico che mostra i pezzi sostituiti, mandato con la fattura.",
        "Foto e video dal banco di lavoro.",
        "Racconto di tre clienti nel focus group",
    ),
    (
        110,
        "Vendita diretta del costruttore",
        "website",
        "behind",
        "Ordine completo online, prezzo fisso, consegna a casa.",
        "Prezzo finito e prenotazione online della prova.",
        "Prova sul loro sito",
    ),
)

# Days ago, place, touchpoint, instrument, sign, severity, what, quote.
FINDINGS: Sequence[tuple[int, str, str, str, str, int, str, str]] = (
    (12, "brescia", "order-to-delivery", "focus", "minus", 5, "Nessuna notizia fra l'ordine e la consegna",
     "Per sei settimane ho telefonato io. Ogni volta mi dicevano: la settimana prossima."),
    (12, "bergamo", "order-to-delivery", "focus", "minus", 5, "Nessuna notizia fra l'ordine e la consegna",
     "La data l'ho saputa dall'assicurazione."),
    (19, "verona", "order-to-delivery", "interview", "minus", 4, "Nessuna notizia fra l'ordine e la consegna",
     "Aspettare va bene. Non sapere, no."),
    (40, "mantova", "order-to-delivery", "survey", "minus", 4, "Nessuna notizia fra l'ordine e la consegna", ""),
    (15, "brescia", "handback", "focus", "minus", 4, "Fattura poco chiara",
     "C'erano undici righe e nessuno che me le spiegasse."),
    (33, "bergamo", "handback", "interview", "minus", 4, "Fattura poco chiara",
     "Ho pagato e ho chiesto a mio cognato che cosa avessero fatto."),
    (51, "cremona", "handback", "phone", "minus", 3, "Fattura poco chiara", ""),
    (21, "brescia", "service-booking", "interview", "minus", 4, "Troppi giorni per un posto in officina",
     "Otto giorni per un tagliando sono troppi, per chi lavora in auto."),
    (22, "verona", "service-booking", "survey", "minus", 4, "Troppi giorni per un posto in officina", ""),
    (60, "bergamo", "quotation", "focus", "minus", 4, "La permuta arriva dopo, e cambia il conto",
     "Il prezzo era uno, poi hanno visto la mia macchina ed era un altro."),
    (61, "brescia", "quotation", "workshop", "minus", 3, "La permuta arriva dopo, e cambia il conto", ""),
    (28, "brescia", "contact-centre", "ivr", "minus", 3, "Attesa lunga prima di parlare con qualcuno",
     "Il menu l'ho sentito tre volte."),
    (36, "verona", "complaint-handling", "phone", "minus", 5, "Il cliente deve raccontare tutto da capo",
     "L'ho spiegato a tre persone diverse. Alla quarta ho scritto una recensione."),
    (44, "brescia", "complaint-handling", "focus", "minus", 4, "Il cliente deve raccontare tutto da capo", ""),
    (70, "milano-certosa", "reception", "interview", "minus", 3, "Cambia sempre l'accettatore",
     "Ogni volta ricomincio dal rumore alla ruota."),
    (18, "brescia", "delivery", "focus", "plus", 5, "La consegna è una festa",
     "Il ragazzo ha spento il telefono e mi ha dato un'ora. Non me l'aspettavo."),
    (42, "bergamo", "delivery", "interview", "plus", 4, "La consegna è una festa", ""),
    (25, "brescia", "reception", "focus", "plus", 4, "Il giro dell'auto fatto insieme",
     "Mi ha fatto vedere la gomma. Così mi fido."),
    (30, "verona", "written-contact", "survey", "plus", 4, "Risposte rapide e chiare su WhatsApp",
     "In dieci minuti avevo risposta, con la foto del pezzo."),
    (55, "brescia", "goodwill", "phone", "plus", 5, "Dopo il reclamo hanno richiamato davvero",
     "Dieci giorni dopo mi ha chiamato lei. Questo non l'aveva mai fatto nessuno."),
    (80, "bergamo", "test-drive", "survey", "plus", 3, "Prova lunga, senza fretta", ""),
)  # fmt: skip

Answer = tuple[bool | int, str]
# Days ago, place, grid, touchpoint, who went, in short, lines.
VISITS: Sequence[tuple[int, str, str, str, str, str, Mapping[str, Answer]]] = (
    (
        9,
        "brescia/vendite",
        "showroom",
        "quotation",
        "sara.bianchi",
        "Accoglienza ottima; il preventivo è arrivato la sera, senza permuta.",
        {
            "greeted": (True, "Caffè offerto subito"),
            "needs": (True, ""),
            "test-drive": (True, ""),
            "quotation": (True, "Via mail alle 19:40"),
            "total-cost": (False, "Messa in strada non detta"),
            "delivery-date": (True, "«Fine gennaio», per iscritto"),
            "courtesy": (5, ""),
            "competence": (4, ""),
            "tidiness": (4, ""),
            "follow-up": (True, ""),
        },
    ),
    (
        23,
        "bergamo/vendite",
        "showroom",
        "quotation",
        "sara.bianchi",
        "Dodici minuti prima che qualcuno alzasse lo sguardo.",
        {
            "greeted": (False, "Dodici minuti accanto a un'auto aperta"),
            "needs": (False, ""),
            "test-drive": (False, "«Bisogna prenotare»"),
            "quotation": (False, "Promesso, mai arrivato"),
            "total-cost": (False, ""),
            "delivery-date": (True, ""),
            "courtesy": (3, ""),
            "competence": (4, ""),
            "tidiness": (5, ""),
            "follow-up": (False, ""),
        },
    ),
    (
        34,
        "verona/officina",
        "workshop",
        "reception",
        "sara.bianchi",
        "Tagliando: tutto nei tempi, fattura consegnata senza una parola.",
        {
            "on-time": (True, ""),
            "walk-round": (True, ""),
            "estimate": (True, ""),
            "promised-time": (True, "Pronta venti minuti prima"),
            "invoice-explained": (False, "Firmi qui"),
            "car-clean": (True, ""),
            "courtesy": (4, ""),
            "clarity": (2, ""),
            "waiting-area": (4, ""),
        },
    ),
    (
        52,
        "brescia/officina",
        "workshop",
        "reception",
        "sara.bianchi",
        "Officina in ordine, tempi mantenuti.",
        {
            "on-time": (True, ""),
            "walk-round": (True, "Con la foto della gomma"),
            "estimate": (True, ""),
            "promised-time": (False, "Un'ora e mezza dopo, senza avviso"),
            "invoice-explained": (True, ""),
            "car-clean": (True, ""),
            "courtesy": (5, ""),
            "clarity": (4, ""),
            "waiting-area": (3, ""),
        },
    ),
)

# Touchpoint: what the happy say, what the others say.
WORDS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "order-to-delivery": (
        (
            "Consegna il giorno promesso, con tutto spiegato.",
            "Mi hanno avvisato loro a ogni passo.",
            "Persona squisita.",
        ),
        ("La data è cambiata tre volte.", "Ho dovuto chiamare io.", "Mancavano i tappetini e nessuno sapeva nulla."),
    ),
    "handback": (
        ("Puntuali e gentili.", "Auto pulita e fattura chiara.", "Mi hanno fatto vedere i pezzi sostituiti."),
        ("Fattura incomprensibile.", "Pronta un giorno dopo.", "Prezzo diverso dal preventivo."),
    ),
    "quotation": (
        ("Tutto su un foglio solo.", "Venditore preparato."),
        ("La permuta valutata dopo, e molto meno.", "Il preventivo l'ho aspettato una settimana."),
    ),
    "contact-centre": (
        ("Risposta subito e problema risolto.", "Mi hanno richiamato loro."),
        ("Troppi tasti prima di parlare.", "Ho dovuto ripetere tutto."),
    ),
}
