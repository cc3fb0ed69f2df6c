"""What a customer newly wrote, in the ways the mail programs of Europe quote, sign and forward."""

import pytest

from corsia.connectors.email.parsing.replies import reply_text

ANSWER = "Buongiorno,\nva bene giovedì alle 9.\n\nGrazie,\nMario"


@pytest.mark.parametrize(
    "line",
    [
        "Il giorno lun 5 feb 2024 alle ore 10:32 Officina Rossi <officina@example.it> ha scritto:",
        "Il giorno lun 5 feb 2024 alle ore 10:32 Officina Rossi <\nofficina@example.it> ha scritto:",
        "Il giorno 05 feb 2024, alle ore 10:32, Officina Rossi <officina@example.it> ha scritto:",
        "Il lun 5 feb 2024, 10:32 Officina Rossi <officina@example.it> ha scritto:",
        "Il 05/02/2024 10:32, Officina Rossi ha scritto:",
        "Il 5 febbraio 2024 alle 10:32 officina@example.it ha scritto:",
        "In data 5 febbraio 2024 10:32:11 Officina Rossi <officina@example.it> ha scritto:",
        "In data lunedì 5 febbraio 2024 10:32:11 CET, Officina Rossi ha scritto:",
        "Lunedì 5 Febbraio 2024 10:32, Officina Rossi <officina@example.it> ha scritto:",
        "On Mon, Feb 5, 2024 at 10:32 AM Service <service@example.com> wrote:",
        "On Mon, Feb 5, 2024 at 10:32\u202fAM Service <service@example.com>\nwrote:",
        "On 5 Feb 2024, at 10:32, Service <service@example.com> wrote:",
        "On 05/02/2024 10:32, Service wrote:",
        "Am 05.02.24 um 10:32 schrieb Werkstatt:",
        "Am Mo., 5. Feb. 2024 um 10:32 Uhr schrieb Werkstatt <w@example.de>:",
        "Werkstatt <w@example.de> schrieb am Mo., 5. Feb. 2024,\n10:32:",
        "Le lun. 5 févr. 2024 à 10:32, Garage <g@example.fr> a écrit :",
        "Le 05/02/2024 à 10:32, Garage a écrit :",
        "Le lundi 5 février 2024 à 10:32:11 UTC+1, Garage <g@example.fr> a écrit :",
        "El lun, 5 feb 2024 a las 10:32, Taller (<t@example.es>) escribió:",
        "El 05/02/2024 a las 10:32, Taller escribió:",
        "Em seg., 5 de fev. de 2024 às 10:32, Oficina <o@example.pt> escreveu:",
        "Op ma 5 feb 2024 om 10:32 schreef Garage <g@example.nl>:",
        "Den mån 5 feb. 2024 kl 10:32 skrev Verkstad <v@example.se>:",
        "Den man. 5. feb. 2024 kl. 10.32 skrev Værksted <v@example.dk>:",
        "man. 5. feb. 2024 kl. 10:32 skrev Verksted <v@example.no>:",
        "ma 5. helmik. 2024 klo 10.32 Korjaamo (k@example.fi) kirjoitti:",
        "pon., 5 lut 2024 o 10:32 Serwis <s@example.pl> napisał(a):",
        "po 5. 2. 2024 v 10:32 odesílatel Servis <s@example.cz> napsal:",
        "po 5. 2. 2024 o 10:32 Servis <s@example.sk> napísal(a):",
        "2024. febr. 5. 10:32 keltezéssel, Szerviz írta:",
        "Service <s@example.hu> ezt írta (időpont: 2024. febr. 5., H, 10:32):",
        "lun., 5 feb. 2024 la 10:32, Service <s@example.ro> a scris:",
        "Στις Δευ 5 Φεβ 2024 στις 10:32 π.μ., ο χρήστης Service <s@example.gr> έγραψε:",
        "5 Şub 2024 Pzt 10:32 tarihinde Servis <s@example.tr> şunu yazdı:",
        "пн, 5 февр. 2024 г. в 10:32, Сервис <s@example.ru>:",
        "5 февраля 2024 г. 10:32 пользователь Сервис <s@example.ru> написал:",
        "пн, 5 лют. 2024 р. о 10:32 Сервіс <s@example.ua> пише:",
        "Dana pon, 5. velj 2024. u 10:32 Servis <s@example.hr> napisao je:",
        "2024年2月5日(月) 10:32 Service <s@example.jp>:",
        "2024年2月5日 上午10:32，Service <s@example.cn> 写道：",
        "2024년 2월 5일 (월) 오전 10:32, Service <s@example.kr>님이 작성:",
        "Mario Rossi ha scritto il 05/02/2024 10:32:",
        "Mario Rossi wrote on 05/02/2024 10:32:",
        "Citando Mario Rossi <m@example.it>:",
        "Quoting Mario Rossi <m@example.it>:",
        "Zitat von Mario Rossi <m@example.it>:",
        "No dia 5 de fevereiro de 2024 às 10:32, Oficina escreveu:",
        "На 5 февруари 2024 г. в 10:32, Сервиз написа:",
        "Service <s@example.cn>于2024年2月5日周一 上午10:32写道：",
        "---- Il lun, 05 feb 2024 10:32:11 +0100 Officina <officina@example.it> ha scritto ----",
    ],
)
@pytest.mark.parametrize("quoted", ["> Le va bene giovedì?\n> Saluti", "Le va bene giovedì?\n\nSaluti"])
def test_what_stands_below_the_line_above_a_quote_is_not_new(line: str, quoted: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{line}\n\n{quoted}\n") == ANSWER


@pytest.mark.parametrize(
    "block",
    [
        "Da: Officina <officina@example.it>\nInviato: lunedì 5 febbraio 2024 10:32\nA: Mario Rossi\nOggetto: Tagliando",
        "________________________________\nDa: Officina <o@example.it>\nInviato: lunedì\nA: Mario\nOggetto: Tagliando",
        "-----Messaggio originale-----\nDa: Officina\nInviato: lunedì 5 febbraio 2024\nA: Mario\nOggetto: Tagliando",
        "---------- Messaggio inoltrato ---------\nDa: Officina <o@example.it>",
        "----Messaggio originale----\nDa: o@example.it\nData: 05/02/2024 10.32",
        "## Rispondi sopra questa riga ##",
        "-- Please reply above this line --",
        "Inizio messaggio inoltrato:\n\nDa: Officina <o@example.it>",
        "*Da:* Officina [mailto:o@example.it]\n*Inviato:* lunedì\n*A:* Mario\n*Oggetto:* Tagliando",
        "From: Service <s@example.com>\nSent: Monday\nTo: Mario\nSubject: Service",
        "-----Original Message-----\nFrom: Service",
        "Von: Werkstatt <w@example.de>\nGesendet: Montag\nAn: Mario\nBetreff: Wartung",
        "-----Ursprüngliche Nachricht-----\nVon: Werkstatt",
        "De : Garage <g@example.fr>\nEnvoyé : lundi\nÀ : Mario\nObjet : Entretien",
        "-----Message d'origine-----\nDe : Garage",
        "De: Taller <t@example.es>\nEnviado el: lunes\nPara: Mario\nAsunto: Revisión",
        "Van: Garage <g@example.nl>\nVerzonden: maandag\nAan: Mario\nOnderwerp: Beurt",
        "Från: Verkstad <v@example.se>\nSkickat: måndag\nTill: Mario\nÄmne: Service",
        "Fra: Værksted <v@example.dk>\nSendt: mandag\nTil: Mario\nEmne: Service",
        "Lähettäjä: Korjaamo <k@example.fi>\nLähetetty: maanantai\nVastaanottaja: Mario\nAihe: Huolto",
        "Od: Serwis <s@example.pl>\nWysłano: poniedziałek\nDo: Mario\nTemat: Przegląd",
        "От: Сервис <s@example.ru>\nОтправлено: понедельник\nКому: Марио\nТема: Сервис",
        "发件人: Service <s@example.cn>\n发送时间: 2024年2月5日\n收件人: Mario\n主题: 保养",
    ],
)
def test_a_block_of_mail_headers_ends_the_answer(block: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{block}\n\nLe va bene giovedì?\n") == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        "Inviato da iPhone",
        "Inviato dal mio iPad",
        "Inviato dal mio Galaxy",
        "Inviato dal mio dispositivo Samsung",
        "Inviato da smartphone Samsung Galaxy.",
        "Inviato da Posta per Windows",
        "Inviato da Outlook per Android<https://aka.ms/AAb9ysg>",
        "Inviato con Proton Mail",
        "Inviato da Libero Mail per Android",
        "Ottieni Outlook per iOS<https://aka.ms/o0ukef>",
        "Scarica Outlook per Android",
        "Sent from my iPhone",
        "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
        "Get Outlook for Android",
        "Sent from Yahoo Mail on Android",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows",
        "Envoyé de mon iPhone",
        "Envoyé depuis Yahoo Mail pour Android",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Wysłane z iPhone'a",
        "Отправлено с iPhone",
        "iPhoneから送信",
    ],
)
def test_a_phone_s_signature_is_not_said_by_anybody(line: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{line}\n") == ANSWER
    assert reply_text(f"{ANSWER}\n\n{line}\n\nIl 05/02/2024 10:32, Officina ha scritto:\n> Le va bene?\n") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "La notifica è stata inviata da iPhone a tutti i clienti, ma io non l'ho ricevuta.",
        "Inviato il bonifico ieri mattina, attendo conferma.",
        "Il 5 marzo il vostro meccanico mi ha scritto che era pronta.\nInvece non è vero.",
        "Vorrei noleggiare un'auto:\nDa: Milano\nA: Roma\nData: 12/05/2024\nRientro in serata.",
        "Ai sensi dell'art. 130 del Codice del consumo chiedo la riparazione.\n\nAi sensi del codice attendo risposta.",
        "Elenco dei difetti:\n\n- freni\n- frizione\n\nQuando posso portarla?",
        "Prezzo   Pezzo\n---------------\n120 euro  freni\n80 euro   filtro\n\nMi confermate questi prezzi? Sono alti.",
        "Da: sempre cliente vostro.\nSono deluso.",
        "Vi scrivo perché il sito dice:\n\n*** ERRORE ***\n\nCosa devo fare? Attendo notizie.",
        "On the 5th I wrote to you:\nnobody answered me.",
        "Il vostro capo officina ha scritto il 5 marzo:\nsolo bugie. Voglio parlare con lui.",
        "Nella fattura c'è scritto 10:32:\nnon capisco.",
        "Il modello è questo: Panda.\nNel 2019 ho scritto:\nnessuna risposta da voi.",
    ],
)
def test_what_only_looks_like_a_program_s_line_is_kept(text: str) -> None:
    assert reply_text(text) == text


def test_answers_between_announced_quotes_are_kept_without_the_quotes() -> None:
    text = (
        "Il 05/02/2024 10:32, Officina ha scritto:\n> Le va bene giovedì?\n\nSì.\n\n"
        "> Vuole un'auto sostitutiva?\n\nNo, grazie, vengo in treno.\n"
    )

    assert reply_text(text) == "Sì.\n\nNo, grazie, vengo in treno."


def test_answers_between_quotes_nobody_announced_keep_the_quotes_they_need() -> None:
    text = "> Le va bene giovedì?\n\nSì.\n\n> Vuole un'auto?\n\nNo.\n\n> Saluti\n"

    assert reply_text(text) == "> Le va bene giovedì?\n\nSì.\n\n> Vuole un'auto?\n\nNo."


def test_words_below_the_quote_are_kept_when_they_are_a_sentence() -> None:
    text = "Buongiorno,\n\nIl 05/02/2024 10:32, Officina ha scritto:\n> Va bene?\n\nSì, va bene giovedì alle nove.\n"

    assert reply_text(text) == "Buongiorno,\n\nSì, va bene giovedì alle nove."


def test_a_signature_below_the_quote_goes_with_it() -> None:
    text = (
        "Confermo l'appuntamento.\n\nIl 05/02/2024 10:32, Officina ha scritto:\n> Sì?\n\nMario Rossi\nTel. 02 1234567\n"
    )

    assert reply_text(text) == "Confermo l'appuntamento."


@pytest.mark.parametrize("mark", ["-- ", "--", "—", "__"])
def test_a_signature_mark_ends_the_answer(mark: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{mark}\nMario Rossi\nRossi S.r.l.\nTel. 02 1234567\n") == ANSWER


def test_a_ruled_signature_ends_the_answer() -> None:
    assert reply_text(f"{ANSWER}\n\n_____________\nMario Rossi\nRossi S.r.l.\nm.rossi@example.it\n") == ANSWER


@pytest.mark.parametrize(
    "disclaimer",
    [
        "Questo messaggio e i suoi allegati sono riservati ai soli destinatari.\nSe lo avete ricevuto per errore...",
        "AVVISO DI RISERVATEZZA: le informazioni contenute in questa e-mail sono riservate.",
        "Ai sensi del Regolamento (UE) 2016/679 le informazioni contenute in questo messaggio sono riservate.",
        "Le informazioni contenute in questa comunicazione sono confidenziali.",
        "Prima di stampare questa mail pensa all'ambiente.",
        "Mail priva di virus. www.avast.com",
        "This e-mail and any attachments are confidential and intended solely for the addressee.",
        "Diese E-Mail enthält vertrauliche Informationen.",
        "Ce message est confidentiel.",
    ],
)
def test_a_company_s_legal_words_are_not_the_customer_s(disclaimer: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{disclaimer}\n") == ANSWER


def test_a_mere_forward_is_shown_whole() -> None:
    text = "---------- Forwarded message ---------\nFrom: Anna <a@example.it>\nSubject: Auto\n\nVorrei una prova."

    assert reply_text(text) == text


def test_a_quote_alone_is_shown_whole() -> None:
    assert reply_text("> Le va bene giovedì?\n") == "> Le va bene giovedì?"


def test_code_between_fences_is_not_read_as_quote_or_signature() -> None:
    text = "Ecco il file:\n\n```\n# log\n--\n> uscita\nOn 5 Feb 2024 at 10:32 x <x@example.com> wrote:\n```\n\nFine."

    assert reply_text(text) == text


def test_windows_and_old_mac_line_ends_and_invisible_characters_do_not_matter() -> None:
    assert reply_text("Va\u200b bene\r\ncosì\rgrazie") == "Va bene\ncosì\ngrazie"
