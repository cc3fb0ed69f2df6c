"""What was said in the sessions of the demonstration."""

from collections.abc import Mapping, Sequence

Lines = Sequence[tuple[int, str, str]]  # place of the part, what was typed, title of the finding or ""

WORKSHOP: Lines = (
    (0, "Nove persone su dieci; P10 ha avvisato alle 17 che non riusciva a venire", ""),
    (
        1,
        "P1: Ho firmato a marzo e fino a maggio il silenzio. Chiamavo io ogni lunedì. -5 #notizie",
        "Nessuna notizia fra l'ordine e la consegna",
    ),
    (
        1,
        "P4: La prima data era il 10, poi il 24, poi «le faremo sapere» -4 #notizie #data",
        "Nessuna notizia fra l'ordine e la consegna",
    ),
    (
        1,
        "P2: Il venditore mi ha mandato la foto dell'auto appena arrivata. L'ho mostrata a tutti! +4 #notizie",
        "La foto dell'auto quando arriva",
    ),
    (1, "P7: Non so mai a chi chiedere: il venditore dice l'ufficio, l'ufficio dice il venditore -3 #persona", ""),
    (1, "Annuiscono in sei: il problema è il silenzio, più del ritardo", ""),
    (2, "P3: Prenotare on line è stato facile, anche di domenica sera +3 #prenotazione", ""),
    (2, "P5: Undici righe in fattura e nessuno che me le spieghi -4 #fattura", "Fattura poco chiara"),
    (
        2,
        "P8: Mi hanno fatto vedere la pastiglia consumata. Così mi fido. +4 #fiducia",
        "Il giro dell'auto fatto insieme",
    ),
    (3, "Tre voti a testa: notizie durante l'attesa 14, una persona sola 8, fattura spiegata 5", ""),
    (3, "P6: Il caffè va benissimo, ma datemi la data -2 #data", ""),
    (4, "Gruppo A: un messaggio ogni dieci giorni, anche se non c'è niente di nuovo", ""),
    (4, "Gruppo B: una pagina con le tappe dell'auto, come per i pacchi #notizie", ""),
    (
        4,
        "P9: Se mi dite che ritarda vi perdono, se me lo nascondete no -4 #notizie",
        "Nessuna notizia fra l'ordine e la consegna",
    ),
    (5, "Promesso: entro un mese raccontiamo a tutti che cosa cambia", ""),
)
AGENTS: Lines = (
    (0, "Cinque agenti su cinque, da 4 a 19 anni di lavoro con il gruppo", ""),
    (
        1,
        "P2: Mi chiedono quanto vale l'usato e io devo aspettare due giorni -4 #permuta",
        "La permuta arriva dopo, e cambia il conto",
    ),
    (1, "P5: Il listino sul portale è sempre quello giusto, su questo niente da dire +3 #strumenti", ""),
    (
        2,
        "P1: Del ritardo lo so quando il cliente mi telefona arrabbiato -5 #notizie",
        "Nessuna notizia fra l'ordine e la consegna",
    ),
    (2, "P3: Se avessi le tappe dell'ordine sul telefono chiamerei io per primo #notizie #strumenti", ""),
    (
        3,
        "P4: Alla sede risponde sempre qualcuno, ma mai la stessa persona: ricomincio da capo -3 #ripetere",
        "Il cliente deve raccontare tutto da capo",
    ),
    (3, "P2: Elena mi ha richiamato in dieci minuti. Da copiare. +5 #richiamo", "Richiamati in dieci minuti"),
    (4, "Ordine votato: 1 stato dell'ordine, 2 valore dell'usato in giornata, 3 una persona per agente", ""),
)
FLEETS: Sequence[tuple[str, str, Lines]] = (
    (
        "Flotta di consegne, 42 furgoni",
        "Corrieri Valverde",
        (
            (0, "42 furgoni, contratti da 48 mesi, rinnovo a scaglioni in primavera", ""),
            (
                1,
                "P1: Un furgone fermo costa 180 euro al giorno. Otto giorni per un posto sono troppi. -5 #fermo",
                "Troppi giorni per un posto in officina",
            ),
            (
                1,
                "P1: Il sostitutivo lo pago io, poi vi chiedo il rimborso e mi risponde il silenzio -3 #sostitutivo",
                "",
            ),
            (2, "P1: Vorrei una fattura sola al mese, con le targhe -3 #fattura", "Una fattura al mese per flotta"),
            (3, "P1: Vi lascerei per chi mi dà un'officina la sera -4 #orari", "Officina aperta la sera"),
        ),
    ),
    (
        "Agenti di commercio, 18 berline",
        "Dolci Franzoni",
        (
            (
                1,
                "P1: Chiamo, mi rispondono subito e mi dicono una data vera +4 #prenotazione",
                "Una data vera al telefono",
            ),
            (2, "P1: In fattura c'è sempre una voce che nessuno aveva detto -4 #fattura", "Fattura poco chiara"),
            (4, "P1: Vi consiglierei, sì. Otto su dieci.", ""),
        ),
    ),
    (
        "Manutenzioni, 27 mezzi",
        "Impianti Gardesani",
        (
            (
                1,
                "P1: Il primo tagliando disponibile era fra nove giorni -4 #fermo",
                "Troppi giorni per un posto in officina",
            ),
            (3, "P1: Chiedo a tre concessionarie. Vince chi viene qui a vedere come lavoriamo. #rinnovo", ""),
            (3, "P1: Il vostro venditore conosce le mie targhe meglio di me +4 #persona", "Sempre la stessa persona"),
        ),
    ),
)
COMMUNITY: Mapping[str, Sequence[tuple[str, str, int, str]]] = {
    "trade-in": (
        ("Benvenuto", "Welcome", 10, "Che auto ha dato in permuta l'ultima volta?"),
        ("Il primo prezzo", "The first price", 20, "Chi Le ha detto quanto valeva la Sua auto, e quando?"),
        (
            "Quando il conto cambia",
            "When the price changes",
            25,
            "Che cosa è cambiato fra la prima cifra e l'ultima? Come Gliel'hanno spiegato?",
        ),
        ("Un prezzo solo", "One price", 25, "Come dovrebbe andare? Disegnatelo insieme sul cartellone."),
        ("Saluto", "Goodbye", 5, "Una parola a testa."),
    )
}
POSTS: Sequence[Sequence[str]] = (
    (
        "Guido una Panda del 2019, 25 km al giorno fra casa e scuola. Parcheggio ovunque, ma la spia va e viene.",
        "Ibrida da due anni. Non torno indietro, ma nessuno mi ha spiegato come si usa davvero la modalità elettrica.",
        "Furgone per lavoro e familiare per i bambini. Due auto, due officine diverse, due storie diverse.",
        "Ho 71 anni e guido dal 1973. L'auto di oggi fa troppe cose, ma la consegna con voi è stata una festa.",
        "La mia è quasi nuova e sta più in garage che in strada: prendo il treno.",
        "Station wagon, cane e canoa. Cerco qualcuno che mi dica la verità sui consumi.",
        "Diesel, 40.000 km l'anno. Per me l'officina è un fornitore di lavoro: conta solo quando me la ridate.",
        "Prima auto elettrica. La colonnina a casa l'ha sistemata il vostro consulente in una telefonata, complimenti.",
        "La uso poco e la tratto bene. Mi piace quando in accettazione mi chiamano per nome.",
        "Auto aziendale: decide il gestore della flotta, ma in officina ci vado io.",
    ),
    (
        "Prenotato dal sito la domenica, lunedì alle 8:10 ero già fuori. Tutto bene.",
        "Dovevano chiamarmi alle 16. Ho chiamato io alle 18:20, ed era pronta dalle 15.",
        "In fattura c'erano undici righe. Ne ho capite quattro. Il signore al banco era gentile ma aveva la coda.",
        "Mi ha seguito la stessa persona dall'inizio alla fine, e mi ha fatto vedere il pezzo cambiato. Torno.",
        "Dinelli dell'officina mi ha risposto male davanti a tutti, ecco il nome.",
        "Auto sostitutiva chiesta tre settimane prima, e quel giorno non c'era.",
        "Lavata e con un biglietto scritto a mano. Piccole cose, ma si notano.",
        "Mi è piaciuto il video con la telecamera sotto l'auto: ho visto con i miei occhi.",
        "Due ore in sala d'attesa con un distributore rotto.",
    ),
    (
        "Ordinata a febbraio, promessa a maggio, arrivata a luglio. La data l'ho saputa dall'assicurazione.",
        "Aspettare va bene, basta sapere. Un messaggio ogni tanto, anche per dire che non c'è niente di nuovo.",
        "A me il venditore mandava una riga ogni venerdì. Ho aspettato quattro mesi senza arrabbiarmi mai.",
        "Il pezzo di ricambio era sempre «in arrivo». Da dove, su una barca a remi?",
        "Vorrei vedere l'ordine come si vede un pacco: dov'è, quando arriva.",
        "Ho disdetto le vacanze per una data che poi è cambiata.",
        "Quando ho chiamato il centralino mi hanno richiamato in un'ora con una risposta vera.",
    ),
    (
        "«Materiali di consumo 38 euro». Quali materiali? Consumati da chi?",
        "Il preventivo era 420, la fattura 431: me l'avevano detto prima al telefono, quindi nessun problema.",
        "Bella la fattura con le foto. Si capisce tutto.",
        "Ho pagato e ho chiesto a mio cognato che cosa avessero fatto.",
        "Manodopera 2,3 ore. Ma l'auto era pronta dopo una. Qualcuno me lo spiega?",
        "Prezzo chiaro sul sito per il tagliando, e quello ho pagato.",
    ),
    (
        "Rumore alla ruota: l'ho raccontato tre volte a tre persone diverse. Alla quarta è stato risolto in mezz'ora.",
        "Ho scritto una mail un sabato, lunedì alle 9 mi ha chiamato il responsabile. Mi ha tolto le parole di bocca.",
        "Un graffio alla riconsegna. L'hanno sistemato gratis, ma ho dovuto insistere.",
        "Ho lasciato perdere e ho cambiato officina. Poi sono tornato perché gli altri erano peggio!",
    ),
    (
        "Io darei a ogni cliente un numero solo, di una persona sola.",
        "Un'officina aperta il giovedì sera.",
    ),
    ("L'idea del numero solo: quella.",),
)
ANSWERS: Sequence[Sequence[str]] = (
    (
        "Anch'io due officine diverse, e la storia non la sa nessuno.",
        "La modalità elettrica l'ho capita su un forum!",
        "Che bello il 1973.",
    ),
    (
        "Stessa cosa a me: pronta e nessuno lo dice.",
        "Il biglietto scritto a mano l'ho trovato anch'io.",
        "Il video è la cosa migliore che abbiate fatto.",
    ),
    (
        "Una riga ogni venerdì: ecco, basterebbe.",
        "Sì, come per i pacchi.",
        "A me l'ha detto il concessionario vicino, pensi.",
    ),
    ("I materiali di consumo li chiedo sempre: sono stracci e spray.", "Con le foto cambia tutto."),
    ("Raccontare da capo è la cosa che stanca di più.",),
    ("D'accordo, una persona sola.",),
    (),
)
MODERATOR: Sequence[str] = (
    "Benvenuti a tutti! Leggiamo ogni parola e ogni sera raccogliamo le idee più forti.",
    "Grazie: capita ad altri che l'auto sia pronta e nessuno avvisi?",
    "Se poteste scegliere: messaggio, telefonata o una pagina da guardare?",
    "Quale voce della fattura va spiegata sempre, secondo voi?",
    "Grazie della franchezza. Quanto tempo è giusto aspettare una prima risposta?",
    "Che cosa servirebbe perché funzioni davvero?",
    "Grazie di questa settimana: entro un mese vi raccontiamo che cosa facciamo.",
)
