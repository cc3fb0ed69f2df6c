"""The words mail programs put around what they quote, sign and forward, in the languages of our customers' programs.

Each table holds what programs write, not what people write: it is taken from the programs' own translations.
"""

import re

# "wrote", as the program's language puts it at the end (or near the end) of the line above a quote.
_WROTE = (
    r"wrote|writes|"  # English
    r"ha\s+scritto|scrive|"  # Italian
    r"a\s+[ée]crit|[ée]crit|"  # French
    r"schrieb|hat\s+geschrieben|"  # German
    r"schreef(?:\s+het\s+volgende)?|het\s+volgende\s+geschreven|geschreven|"  # Dutch
    r"escribi[óo]|ha\s+escrito|va\s+escriure|ha\s+escrit|"  # Spanish, Catalan
    r"escreveu|"  # Portuguese
    r"skrev(?:\s+f[øo]lgende)?|f[öo]ljande|skrifaði|"  # Scandinavian
    r"kirjoitti|kirjutas|"  # Finnish, Estonian
    r"napisa[łl]\(?a?\)?|pisze|napsal\(?a?\)?|nap[íi]sal\(?a?\)?|je\s+napisao(?:/la)?|je\s+napisal|napisao|"
    r""  # Slavic, Latin script
    r"пишет|написала?|написал\(а\)|написав|пише|написа|"  # Slavic, Cyrillic
    r"írta|rašė|rakstīja|a\s+scris|έγραψε|"  # Hungarian, Lithuanian, Latvian, Romanian, Greek
    r"şunu\s+yazdı|tarihinde\s+şunları\s+yazdı|yazdı|"  # Turkish
    r"写道|寫道|撰写|撰寫|写了|のメール|のメッセージ|書きました|님이\s*작성|작성|כתב(?:/ה)?|كتب|đã\s+viết|menulis"
)
WROTE = re.compile(
    rf"(?:^|[\s>\)\"'”,，;:\]])(?:{_WROTE})(?:[\s:：.,;<\-…]|$)|(?:写道|寫道|のメール|書きました|작성)", re.IGNORECASE
)
WROTE_AT_END = re.compile(rf"(?:{_WROTE})\s*(?:[:：]|\s*-{{2,}})?\s*$|[:：]\s*$", re.IGNORECASE)

# The first word of the line above a quote. A weekday, a day number or a quoted name may come first as well.
OPENER = re.compile(
    r"^\W{0,6}(?:on|il|in\s+data|addi|alle|le|am|op|el|em|den|dnia|w\s+dniu|dne|d[ňn]a|p[åa]|fra|kl|la|pe|at|na|"
    r"v|u|a|"
    r"στις|ngày|pada|tarihinde|в|у|dana|në|el\s+d[ií]a|em\s+qua|no\s+dia|dia|на|z\s+dnia|den|"
    r"\d|在|于|於|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|gio|ven|sab|dom|mo|di|mi|do|fr|sa|so|jeu|sam|dim|ma|ti|ke|to|"
    r"la|su|man|tir|ons|tor|lør|søn|mån|tis|tors|fre|lör|sön|po|út|ut|st|čt|št|pá|pi|ne|pon|wt|śr|czw|pt|sob|niedz|"
    r"uto|sri|čet|pet|sub|ned|mie|joi|vin|sâm|dum|mié|jue|vie|sáb|seg|ter|qua|qui|sex|wo|vr|za|zo|пн|вт|ср|чт|пт|сб|"
    r"вс|нд)\b)"
    r"(?=[\W\d]|$)|^\W{0,6}(?:在|于|於|\d)|^\W{0,6}(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:luned|marted|"
    r"mercoled|gioved|venerd)[iì]|sabato|domenica)\b",
    re.IGNORECASE,
)

_MONTH = (
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|gen|mag|giu|lug|ago|set|ott|dic|ene|abr|"
    r"fév|fev|avr|mai|juin|juil|ao[uû]|déc|mär|mrt|okt|dez|maa|mei|des|"
    r"янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|"
    r"sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru|tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|"
    r"marras|joulu|"
    r"led|úno|bře|dub|kvě|čer|srp|zář|říj|pro|ocak|şub|nis|haz|tem|ağu|eyl|eki|kas|ara"
)
# A point in time as only programs write it: year with day or month, or a time of day.
WHEN = re.compile(
    rf"\b(?:19|20)\d\d[-/.年]\s?\d{{1,2}}|\b\d{{1,2}}[-/.]\s?\d{{1,2}}[-/.]\s?(?:19|20)?\d\d\b|"
    rf"(?:{_MONTH})\w*\.?,?\s+(?:\d{{1,2}},?\s+)?(?:de\s+)?(?:19|20)?\d\d\b|"
    rf"\b\d{{1,2}}[.,]?\s+(?:de\s+)?(?:{_MONTH})\w*|"
    r"\b\d{1,2}[:.h]\d\d\b",
    re.IGNORECASE,
)
# The line of Horde and other webmail, which has no date: "Citando Mario Rossi <m@example.it>:".
QUOTING = re.compile(
    r"^\W{0,4}(?:quoting|citando|zitat\s+von|en\s+citant|citat\s+fr[åa]n|quote\s+from)\s.{3,200}@", re.IGNORECASE
)
YEAR_OR_TIME = re.compile(r"(?:19|20)\d\d|\d{1,2}[:.h]\d\d|\d[-/.]\d{1,2}[-/.]\d\d")
TIME_OF_DAY = re.compile(r"\b\d{1,2}[:.]\d\d\b")
EMAIL = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+")
# Without a verb: "2016-10-24 15:36 GMT+02:00 Name <name@example.com>:" and its kin end with the address.
ENDS_WITH_ADDRESS = re.compile(
    r"(?:<[^<>@]*@[^<>]*>|&lt;[^&]*@[^&]*&gt;|[^\s<>]+@[^\s<>]+)\s*(?:[:：]|\(?via\b.*)?\s*$"
)

# "-----Original Message-----" and its translations; forwards too: with a word above, what follows is not new.
_MARKED_TITLES = (
    r"(?:please\s+)?(?:reply|write|type\s+your\s+reply|respond)\s+above\s+this\s+line|rispondi(?:\s+al)?\s+(?:di\s+)?sopra\s+(?:di\s+)?questa\s+riga|"
    r"original\s+message|original\s+email|original|reply\s+message|forwarded\s+(?:message|by.{0,80})|"
    r"weitergeleitete\s+nachricht|"
    r"messaggio\s+(?:originale|inoltrato|originario)|mail\s+originale|inoltrato|"
    r"urspr[üu]ngliche\s+(?:nachricht|mail)|original-?nachricht|message\s+(?:d['’]origine|original|"
    r"transf[ée]r[ée]|initial)|"
    r"mensaje\s+(?:original|reenviado)|mensagem\s+(?:original|encaminhada)|missatge\s+(?:original|reenviat)|"
    r"oorspronkelijk\s+bericht|doorgestuurd\s+bericht|originalmeddelande|ursprungligt\s+meddelande|"
    r"opprinnelig\s+melding|"
    r"oprindelig\s+meddelelse|alkuper[äa]inen\s+viesti|wiadomo[śs][ćc]\s+oryginalna|oryginalna\s+wiadomo[śs][ćc]|"
    r"p[ůu]vodn[íi]\s+(?:zpr[áa]va|e-?mail)|p[ôo]vodn[áa]\s+spr[áa]va|izvorna\s+poruka|eredeti\s+[üu]zenet|"
    r"mesaj\s+original|"
    r"исходное\s+сообщение|пересылаемое\s+сообщение|оригинальное\s+сообщение|orijinal\s+mesaj|"
    r"原始邮件|原始郵件|原始信息|转发邮件|轉寄郵件|元のメッセージ|転送メッセージ|original\s+원본\s+메시지|원본\s*메시지|αρχικό\s+μήνυμα"
)
TITLE = re.compile(
    rf"^[\s>]*(?:[-_=*#~—–]{{2,80}})\s*\*{{0,3}}\s*(?:{_MARKED_TITLES})[\s*:]{{0,4}}(?:[-_=*#~—–]{{2,80}})?[\s*:]{{0,4}}$",
    re.IGNORECASE,
)
BARE_TITLE = re.compile(
    r"^[\s*]*(?:begin\s+forwarded\s+message|inizio\s+(?:del\s+)?messaggio\s+inoltrato|"
    r"d[ée]but\s+du\s+message\s+(?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|"
    r"anfang\s+der\s+weitergeleiteten\s+(?:nachricht|e-?mail)|inicio\s+del\s+mensaje\s+reenviado|"
    r"in[íi]cio\s+da\s+mensagem\s+(?:reencaminhada|encaminhada)|"
    r"begin\s+doorgestuurd\s+bericht|vidarebefordrat\s+(?:brev|meddelande)|videresendt\s+(?:besked|melding)|"
    r"(?:il\s+)?messaggio\s+originale|mensaje\s+original|original\s+message|пересланное\s+сообщение)\s*[:：][\s*]*$",
    re.IGNORECASE,
)

# Field names of the header block above a quote, as Outlook, Exchange, Yahoo and Notes translate them.
_SUBJECT = (
    r"subject|oggetto|betreff|objet|onderwerp|asunto|assunto|[äa]mne|emne|aihe|temat|p[řr]edm[ěe]t|"
    r"predmet|тема|t[áa]rgy|subiect|konu|θέμα|主题|主旨|件名|제목|נושא"
)
_SENT_FIELD = (
    r"sent(?:\s+at|\s+on)?|inviato(?:\s+il)?|gesendet(?:\s+am)?|envoy[ée](?:\s+le|\s+[àa])?|verzonden|enviad[oa](?:\s+(?:el|em))?|"
    r"skickat|skickad|sendt|l[äa]hetetty|wys[łl]ano|odesl[áa]no|odoslan[ée]|отправлено|надіслано|elk[üu]ldve|trimis|发送时间|寄件日期"
)
_FROM = (
    r"from|da|von|de|van|fra|fr[åa]n|od|от(?:\s+кого)?|відправник|l[äa]hett[äa]j[äa]|feladó|kimden|"
    r"από|发件人|寄件者|差出人|보낸\s*사람|מאת|expeditor|saat(?:ja)?|nuo"
)
_OTHERS = (
    r"sent(?:\s+at|\s+on)?|date|to|cc|bcc|subject|reply[- ]to|importance|attachments?|organization|"
    r"inviato(?:\s+il)?|spedito|data|a|cc|ccn|oggetto|risposta|rispondi\s+a|priorit[àa]|allegat[io]|"
    r"gesendet(?:\s+am)?|datum|an|betreff|kopie|antwort\s+an|wichtigkeit|"
    r"envoy[ée](?:\s+le|\s+[àa])?|[àa]|objet|r[ée]pondre\s+[àa]|copie\s+[àa]|"
    r"verzonden|verstuurd|aan|onderwerp|enviad[oa](?:\s+(?:el|em))?|fecha|para|asunto|assunto|responder\s+a|"
    r"skickat|skickad|sendt|dato|til|till|emne|[äa]mne|kopia|"
    r"l[äa]hetetty|p[äa]iv[äa]ys|vastaanottaja|aihe|p[äa]iv[äa]m[äa][äa]r[äa]|"
    r"wys[łl]ano|data|do|temat|dw|odesl[áa]no|komu|p[řr]edm[ěe]t|odoslan[ée]|predmet|poslano|za|"
    r"отправлено|дата|кому|тема|копия|надіслано|копія|"
    r"elk[üu]ldve|d[áa]tum|c[íi]mzett|t[áa]rgy|trimis|subiect|c[ăa]tre|tarih|kime|konu|g[öo]nderilen|"
    r"ημερομηνία|προς|θέμα|στάλθηκε|"
    r"发送时间|发送日期|收件人|抄送|主题|日期|寄件日期|收件者|主旨|副本|日時|送信日時|宛先|件名|보낸\s*날짜|받는\s*사람|제목|날짜|נשלח|אל|נושא"
)
HEADER_FROM = re.compile(rf"^[\s>]*[*_]{{0,2}}(?:{_FROM})\s?[*_]{{0,2}}\s?[:：]", re.IGNORECASE)
HEADER_OTHER = re.compile(rf"^[\s>]*[*_]{{0,2}}(?:{_FROM}|{_OTHERS})\s?[*_]{{0,2}}\s?[:：]", re.IGNORECASE)
# A subject, or "Sent:", makes a block sure: people who write "Da: Milano, A: Roma" write neither.
HEADER_SUBJECT = re.compile(rf"^[\s>]*[*_]{{0,2}}(?:{_SUBJECT}|{_SENT_FIELD})\s?[*_]{{0,2}}\s?[:：]", re.IGNORECASE)

# Lines that phones and mail programs sign with.
_THINGS = (
    r"i-?phones?|i-?pads?|i-?pods?|i-?cloud|apple|watch|android\w*|samsung|galaxy|huawei|xiaomi|redmi|oppo|"
    r"honor|nokia|htc|lg|sony|xperia|"
    r"motorola|alcatel|oneplus|pixel|blackberry|windows\s*(?:phone|mail|\d+)|lumia|outlook|gmail|yahoo|mailbox|"
    r"mail\b|posta\b|e?mail|libero|"
    r"airmail|spark|proton|tutanota|k-9|thunderbird|aquamail|bluemail|edison|zoho|aol|hotmail|gmx|web\.de|"
    r"tiscali|virgilio|"
    r"mobile\w*|mobil\w*|mobiel\w*|m[óo]vil|m[óo]bil|celular\w*|cell\w*|cellulare|telefon\w*|t[ée]l[ée]phone|"
    r"phone|smartphone|tablet\w*|handy|handset|"
    r"device|dispositivo|ger[äa]t|appareil|apparaat|ti-\d+|touch|matkapuhelime\w*|puhelime\w*|laite\w*"
)
_SENT = (
    r"sent|inviat[oa]|spedit[oa]|mandat[oa]|envoy[ée]e?|gesendet|versendet|verzonden|verstuurd|enviad[oa]|"
    r"skickat|sendt|l[äa]hetetty|"
    r"wys[łl]ane?o?|odesl[áa]no|odoslan[ée]|poslano|отправлено|надіслано|enviat|trimis|k[üu]ldve|elk[üu]ldve|"
    r"g[öo]nderildi|στάλθηκε"
)
_EXCUSE = r"excuse|forgive|forgiv|sorry|pardon|ignore|typo|brevity|scus|perdon|error|brevit|entschuldig|disculp|excus"
_BY = (
    r"from|via|with|by|using|on|through|da(?:l(?:la|l['’])?)?|con|tramite|attraverso|depuis|de(?:puis)?|avec|"
    r"[àa]\s+partir|par|von|vom|mit|[üu]ber|aus|"
    r"van|vanaf|met|desde|do|pelo|a\s+partir|fr[åa]n|fra|med|z|ze|ze\s+|s|с|из|от|з|iz|din"
)
APP_SIGNATURE = re.compile(
    rf"^[\s<(*_\"'>-]{{0,4}}(?:{_SENT})\s+(?:{_BY})\b(?:(?![.!?]\s)[^,;]){{0,80}}?\b(?:{_THINGS})"
    rf"[^,.;!?]{{0,60}}(?:[\s,.;!-]+[^.]{{0,30}}(?:{_EXCUSE}).{{0,80}})?"
    r"(?:\s*[<(\[]*https?://\S*)?[\s>)\]*_.!\"']*$",
    re.IGNORECASE,
)
SHORT_SIGNATURE = re.compile(
    rf"^[\s<(*_]{{0,4}}(?:(?:\S+\s+)?from\s+(?:my\s+)?(?:{_THINGS})[\w\s]{{0,12}}|(?:{_SENT})\s+(?:by|via|with|"
    rf"from|da|von|par|con|mit)\s+(?:an?\s+|un\s+)?[\w\s]{{1,24}}|"
    r"via\s+(?:mobile|iphone|ipad|android))[\s>)*_.!]*$",
    re.IGNORECASE,
)
# "Von meinem iPhone gesendet", "從我的 iPhone 傳送", "iPhoneから送信", "Diese Nachricht wurde von … gesendet".
REVERSED_SIGNATURE = re.compile(
    rf"^[\s<(*_]{{0,4}}(?:(?:von|vom|mit|aus)\s+(?:mein|der|dem)?.{{0,40}}?(?:{_THINGS}).{{0,30}}\s(?:gesendet|"
    rf"verschickt|versendet)|"
    rf"diese\s+(?:nachricht|e-?mail)\s+wurde\s+.{{0,60}}(?:gesendet|verschickt)|"
    r"(?:questo\s+messaggio|questa\s+e-?mail)\s+[èe]'?\s+stat[oa]\s+inviat[oa]\s+(?:da|con|"
    rf"tramite)\s.{{0,40}}(?:{_THINGS}).{{0,30}}|"
    rf"this\s+(?:message|e-?mail)\s+was\s+sent\s+(?:from|with|using)\s+my\s.{{0,40}}(?:{_THINGS}).{{0,30}}|"
    rf"(?:從|从|由).{{0,20}}(?:傳送|发送|發送|寄出|发出)|(?:我的|来自|來自).{{0,30}}(?:{_THINGS}|手机|手機).{{0,20}}|.{{0,30}}(?:から送信|"
    rf"에서\s*보냄|から送信されました).{{0,6}}|"
    rf"(?:{_THINGS})[^,.;!?]{{0,30}}\s(?:cihazımdan|telefonumdan|ile)\s*gönderildi|.{{0,30}}(?:iPhone|iPad|"
    rf"Android)\w*(?:['’]\w+)?\s+gönderildi|"
    rf"l[äa]hetetty\s.{{0,60}})[\s>)*_.!]*$",
    re.IGNORECASE,
)
GET_THE_APP = re.compile(
    r"^[\s<(*_]{0,4}(?:get|download|ottieni|scarica|t[ée]l[ée]charge[zr]?|obtenez|obtenir|holen\s+sie\s+sich|"
    r"laden\s+sie|descarga|obtener|obt[ée]n|obter|obtenha|download|hanki|h[äa]mta|hent|pobierz)"
    r"\s+\[?(?:outlook|yahoo|gmail|bluemail|la\s+app|l['’]app|app|aqua\s*mail|the\s+.{0,20}app)\b.{0,200}$",
    re.IGNORECASE,
)

# First words of the paragraph a company's server adds; a second word from DISCLAIMER_PROOF must follow within it.
DISCLAIMER_START = re.compile(
    r"^[\s*_>#\"(\[-]{0,6}(?:(?:questo|il\s+presente|la\s+presente|questa)\s+(?:messaggio|e-?mail|comunicazione|"
    r"posta)|le\s+informazioni\s+(?:contenute|trasmesse|riportate)|"
    r"ai\s+sensi\s+(?:e\s+per\s+gli\s+effetti\s+)?(?:del|dell['’]art|degli)|avviso\s+(?:di\s+riservatezza|"
    r"legale)|nota\s+(?:di\s+riservatezza|legale)|clausola\s+di\s+riservatezza|"
    r"informativa\s+(?:sulla\s+)?privacy|prima\s+di\s+stampare|rispetta\s+l['’]ambiente|"
    r"mail\s+priva\s+di\s+virus|in\s+ottemperanza|"
    r"this\s+(?:e-?mail|message|communication|transmission)|the\s+(?:information|content)s?\s+(?:contained|"
    r"transmitted|in\s+this)|confidential(?:ity)?(?:\s+notice)?|disclaimer|important\s+notice|"
    r"please\s+consider\s+the\s+environment|virus-free|if\s+you\s+(?:are\s+not|have\s+received)|"
    r"diese\s+(?:e-?mail|nachricht)|der\s+inhalt\s+dieser|bitte\s+denken\s+sie\s+an\s+die\s+umwelt|virenfrei|"
    r"vertraulichkeits|"
    r"ce\s+(?:message|courriel|mail)|cet\s+e-?mail|les\s+informations\s+contenues|sans\s+virus|"
    r"avis\s+de\s+confidentialit|"
    r"este\s+(?:mensaje|correo|e-?mail|mensagem)|esta\s+mensagem|la\s+informaci[óo]n\s+contenida|"
    r"aviso\s+(?:legal|de\s+confiden)|libre\s+de\s+virus|dit\s+(?:bericht|e-?mail))",
    re.IGNORECASE,
)
DISCLAIMER_PROOF = re.compile(
    r"riservat|confidenzial|destinatari|privacy|2016/679|196/2003|stampare|virus|antivirus|non\s+infetto|"
    r"analizzat[oa]\s+con|"
    r"confidential|privileged|intended\s+(?:only|solely|recipient|for)|recipient|environment|"
    r"vertraulich|adressat|empf[äa]nger|umwelt|confidentiel|destinataire|confidencial|destinatario|"
    r"destinat[áa]rio|vertrouwelijk|geadresseerde",
    re.IGNORECASE,
)
