"""What customers write, labelled by hand: score, topics with their sign, words.

`TUNED` was looked at while the stems were written; `HELD_OUT` was written before them and only counted afterwards.
Both are by one hand, so a house's own customers may be read worse (or better) than this says.
"""

HELD_OUT = """
3|waiting-|Mi avevano promesso l'auto per venerdì e l'ho riavuta il mercoledì dopo.
10|courtesy+|Il ragazzo al banco è stato davvero gentile e disponibile.
2|progress-|In una settimana mai una chiamata, ho scoperto io che l'auto era ferma.
9|repair+|Hanno trovato subito il guasto e l'hanno sistemato alla prima.
4|repair-|Dopo tre giorni il rumore è ricomparso identico a prima.
5|price-|Il conto finale era il doppio di quello che mi avevano detto.
9|price+|Prezzo onesto e preventivo rispettato.
3|parts-|Un mese fermo perché il pezzo non arrivava dalla casa madre.
2|courtesy-car-|Nessuna auto sostitutiva, sono andato al lavoro in autobus.
10|courtesy-car+,waiting+|Mi hanno dato una vettura di cortesia e in giornata era tutto pronto.
6|delivery-|Me l'hanno ridata con il sedile sporco di grasso.
10|delivery+|Macchina riconsegnata lavata e profumata, che sorpresa!
3|phone-|Al centralino non risponde mai nessuno.
9|phone+|Ho chiamato e mi hanno risposto al primo squillo.
2|warranty-|Dicono che non è coperto da garanzia ma ha solo un anno.
9|warranty+|Intervento passato in garanzia senza discutere.
10|sales+|Il venditore ha capito cosa ci serviva e non ci ha messo fretta.
4|sales-|Il consulente vendite pensava solo a farmi firmare.
8|test-drive-|Peccato non aver potuto fare un giro di prova con la versione ibrida.
10|test-drive+|Bellissimo il test drive, lungo e su strade vere.
3|documents-|La carta di circolazione è arrivata dopo due mesi.
9|documents+|Si sono occupati loro del passaggio di proprietà, tutto semplice.
5|digital-|L'app si blocca quando provo a fissare l'appuntamento.
9|digital+|Prenotare dal sito è comodissimo.
10|waiting+|Nessuna attesa, entrato e uscito in dieci minuti.
9|waiting+,courtesy+|Veloci e cordiali.
4|courtesy-|L'impiegata mi ha risposto in modo scortese.
2|courtesy-,waiting-|Trattato male e pure fatto aspettare un'ora.
7|price-|Tutto bene ma un po' caro.
8|delivery-,courtesy+|Personale cortese, però l'auto era da lavare.
10|progress+|Mi tenevano informato con un messaggio a ogni passaggio.
6|progress-|Nessuno mi ha spiegato che lavori avessero fatto.
9|progress+|Mi hanno avvisato prima di procedere con la spesa extra.
3|repair-,waiting-|Due settimane per un lavoro fatto male.
1|repair-|Sono dovuto tornare per la terza volta con lo stesso difetto.
10|repair+|Lavoro impeccabile, meccanici molto preparati.
9||Tutto perfetto, grazie.
7||Nella norma.
0||Mai più.
10||Continuate così!
5|documents-|Sto ancora aspettando la targa della macchina nuova.
8|digital-|Il sito non permette di spostare l'appuntamento.
4|phone-,progress-|Telefono sempre occupato e nessuno che mi richiama.
9|parts+|Il ricambio era già in magazzino.
6|courtesy-car-|L'auto di cortesia puzzava di fumo.
2|price-|Hanno fatto lavori in più senza chiedermi e me li hanno addebitati.
10|courtesy+,price+|Molto professionali e prezzi chiari.
9|waiting+|Puntualissimi alla consegna.
3|waiting-|Appuntamento alle otto, accettato alle nove e mezza.
6|sales-|Mi hanno consigliato un modello troppo grande per le mie esigenze.
10|courtesy+|The lady at the desk was so kind.
3|waiting-|I waited two hours for nothing.
2|repair-|The same fault came back after a week.
9|price+|Fair price, no surprises.
4|progress-|Nobody kept me informed about my car.
5|phone-|You can never get anyone on the phone.
10|delivery+|Car came back spotless.
3|parts-|The part was out of stock for weeks.
9|waiting+|No delay at all.
6|digital-|The website kept crashing.
"""

TUNED = """
3|waiting-|Auto pronta due giorni dopo la promessa.
4|waiting-|Ho aspettato quaranta minuti al banco.
9|waiting+|L'auto era pronta all'ora detta.
10|waiting+|Nessun ritardo, complimenti.
9|waiting+|Non ho mai dovuto aspettare.
2|waiting-|In ritardo anche questa volta.
10|waiting+|Puntuali e rapidi.
7|waiting-|Si potrebbe aspettare meno al ritiro.
3|waiting-,progress-|L'auto non era pronta e nessuno mi ha avvisato.
10|courtesy+|Personale gentilissimo.
3|courtesy-|Mi sono sentito trattato con sufficienza.
4|courtesy-|Poco cortesi in accettazione.
10|courtesy+|Accoglienza cortese e competente.
2|courtesy-|Addetto maleducato.
9|courtesy+|Sempre un sorriso.
4|progress-|Nessuno mi ha avvisato del ritardo.
3|progress-|Ho dovuto telefonare quattro volte per avere notizie.
10|progress+|Mi hanno aggiornato ad ogni passaggio.
10|progress+|Mi hanno spiegato tutto con calma.
5|progress-|Nessuna informazione sullo stato dei lavori.
7|progress-|Ho dovuto chiamare io per sapere dell'auto.
3|repair-|Il problema non è stato risolto.
2|repair-|Il problema è tornato dopo due giorni.
10|repair+|Problema risolto al primo colpo.
9|repair+|Ottimo lavoro in officina.
3|repair-|La spia si è riaccesa appena uscito.
4|repair-|Riparazione fatta male.
3|price-|Preventivo superato senza chiedermi niente.
5|price-|Il conto era diverso dal preventivo.
10|price+|Preventivo rispettato al centesimo.
7|price-|Tutto ok, prezzo un po' alto.
6|price-|Troppo caro rispetto ad altri.
9|price+|Nessuna sorpresa in fattura.
3|parts-|Ricambio ordinato sbagliato due volte.
4|parts-|Tre settimane per un ricambio che non c'era.
8|parts-|Il pezzo non era disponibile.
3|courtesy-car-|Non mi hanno dato l'auto sostitutiva.
9|courtesy-car+|Comoda l'auto sostitutiva.
7|courtesy-car-|Sarebbe servita una macchina sostitutiva.
5|delivery-|L'auto era sporca alla riconsegna.
10|delivery+|Auto riconsegnata pulita.
6|delivery-|L'auto non è stata lavata.
3|phone-|Nessuno risponde al telefono.
7|phone-|Difficile trovare qualcuno al telefono.
9|phone+|Al telefono rispondono subito.
3|warranty-|La garanzia non copre mai niente.
9|warranty+|Tutto in garanzia senza problemi.
9|sales+|Venditore preparato e sincero.
4|sales-|Il venditore non conosceva il modello.
9|test-drive+|La prova su strada mi ha convinto.
5|test-drive-|Prova su strada negata.
3|documents-|Il libretto non è ancora arrivato.
9|documents+|Pratiche per l'immatricolazione veloci.
5|digital-|L'app non funziona.
9|digital+|Sito chiaro e facile.
9||Tutto bene.
3||Delusione totale.
3|progress-|Nobody told me about the delay.
10|courtesy+,waiting+|Quick and friendly.
3|progress-|I had to call three times.
"""
