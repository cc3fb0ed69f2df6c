"""The words of mail servers: how they name themselves, announce failures, and say that an address is dead."""

import re

MAILER_NAMES = re.compile(
    r"^(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?delivery|mdaemon|mta|smtp|bounces?|microsoftexchange\w*|"
    r"mailsub|"
    r"mail[-_.]?administrator|complaints|symantec\w*|nobody|root)\b.*@|"
    r"^mailer-daemon|^$",
    re.IGNORECASE,
)
IS_MAILER = re.compile(r"^[\"<]?(?:mailer[-_.]?daemon|post[-_.]?master)(?:@|\W*$)", re.IGNORECASE)
MAILER_DISPLAY = re.compile(
    r"mail(?:er)?[\s_-]?(?:delivery|daemon|deliver|system|subsystem|administrator)|postmaster|"
    r"delivery\s+(?:system|subsystem|service)|"
    r"system\s+administrator|internet\s+mail\s+delivery|mail\s+administrator|amministratore\s+di\s+sistema",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not\s+(?:be\s+)?delivered|delivery\s+(?:status|failure|has\s+failed|problem|"
    r"report|delayed|error|notification|incomplete)|"
    r"mail\s+(?:delivery|could\s+not|failure|system\s+error|not\s+delivered|error)|returned\s+(?:mail|"
    r"to\s+sender|message)|failure\s+(?:notice|delivery)|"
    r"failed\s+(?:mail|delivery)|mail\s+failed|returning\s+to\s+sender|error\s+sending|"
    r"message\s+(?:not\s+delivered|delayed|undeliverable|you\s+sent\s+blocked)|couldn['’]?t\s+be\s+delivered|"
    r"(?:mail|message)\s+(?:was\s+|has\s+been\s+)?rejected|rejected\s+(?:mail|message)|warning:\s+(?:message|could)|"
    r"unzustellbar|nicht\s+zugestellt|mancata\s+consegna|impossibile\s+recapitare|"
    r"notifica\s+(?:dello\s+)?stato\s+(?:di\s+)?(?:consegna|recapito)|"
    r"non\s+(?:recapitabil|consegnat|recapitat)|recapito\s+non\s+riuscito|non\s+remis|"
    r"[ée]chec\s+de\s+(?:la\s+)?(?:remise|livraison|distribution)|"
    r"non\s+distribu|no\s+se\s+pudo\s+entregar|n[ãa]o\s+(?:foi\s+)?entreg|devuelto|配信|送信|\bNDN\b|\bDSN\b",
    re.IGNORECASE,
)
# Where the report ends and the copy of our mail begins: what is quoted there must not be read as an error.
COPY_BEGINS = re.compile(
    r"^[\s>]*(?:-{2,}.{0,80}(?:original|copy|header|included|returned|unsent|below|follow).{0,80}|"
    r".{0,60}(?:copy\s+of\s+(?:the|your)\s+message|"
    r"original\s+message\s+(?:follows|header)|unsent\s+message\s+below|message\s+header\s+follows|"
    r"headers?\s+of\s+the\s+(?:original|message)|"
    r"text\s+of\s+the\s+(?:original|message)|returned\s+message\s+follows|message\s+contents\s+follow).{0,60}|"
    r"(?:return-path|received|x-mailer|mime-version|dkim-signature)\s*:.*)$",
    re.IGNORECASE | re.MULTILINE,
)

EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{2,24}\b")
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.:/-])([245]\d\d)[ -](?=\S)")
FULL = re.compile(
    r"mailbox\s+(?:is\s+)?(?:full|exceed|size)|over\s*quota|quota\s+exceed|exceed\w*\s+(?:\w+\s+){0,3}quota|"
    r"out\s+of\s+(?:storage|quota)|disk\s+(?:quota|full|space)|"
    r"insufficient\s+(?:system\s+)?(?:storage|disk)|(?:inbox|account|maildir|user)\s+(?:is\s+|has\s+)?(?:full|"
    r"over|exceed)|not\s+enough\s+(?:storage|disk|space)|"
    r"storage\s+(?:limit|quota|size)|too\s+much\s+mail|casella\s+(?:\w+\s+){0,3}piena|"
    r"spazio\s+(?:\w+\s+){0,2}esaurito|quota\s+violat|mail\s+box\s+(?:is\s+)?full",
    re.IGNORECASE,
)
_USER = (
    r"(?:user|recipient|mailbox|address|account|addressee|email|e-mail|destination|utente|destinatario|person|"
    r"subscriber|name|local\s+part|username|mail\s+box)"
)
UNKNOWN_USER = re.compile(
    rf"{_USER}s?\b.{{0,60}}(?:unknown|not\s+(?:found|known|exist|listed|defined|here|valid|be\s+found|"
    rf"a\s+valid)|does\s?n[o']t\s+(?:exist|have)|do\s+not\s+exist|couldn['’]?t\s+be\s+found|"
    r"wasn['’]?t\s+found|invalid|no\s+longer\s+(?:exists?|available|valid|in\s+use|active)|non\s+(?:esiste|"
    rf"trovat|valid)|inesistente|sconosciut|non-?existent|doesn['’]t\s+exist)|"
    r"(?:no\s+such|unknown|invalid|not?\s+(?:a\s+)?(?:valid|known)|unrouteable|unroutable|"
    rf"bad(?:\s+destination)?|no\s+valid|non-?existent|nonexisting|incorrect)\s+(?:\w+\s+){{0,2}}{_USER}|"
    r"address\s+rejected:?\s+(?:user|undeliverable)|unknown\s+in\s+(?:\w+\s+){0,3}(?:table|list|domain)|"
    r"recipnotfound|no\s+mailbox\s+(?:here|by)|not\s+(?:listed|found)\s+in|"
    r"undeliverable\s+address|badly\s+formed\s+address|no\s+user\s+\w+|user\s+unknown|has\s+no\s+mailbox|"
    r"not\s+our\s+customer|not\s+a\s+user|this\s+user\s+doesn|"
    r"(?:couldn['’]?t|could\s+not)\s+be\s+found|this\s+address\s+no\s+longer|typo\s+in\s+the\s+recipient|"
    r"does\s+not\s+exist|account\s+.{0,40}(?:disabled|deleted|closed)\s+permanently|"
    r"not\s+have\s+an?\s+(?:\S+\s+)?account",
    re.IGNORECASE | re.DOTALL,
)
UNKNOWN_HOST = re.compile(
    r"(?:host|domain|dns|domain\s+name|server|hostname|mx)\b.{0,50}(?:unknown|not\s+found|does\s*n[o']t\s+exist|"
    r"doesn['’]t\s+exist|nxdomain|no\s+such|invalid|unrouteable)|"
    r"(?:unknown|no\s+such|unrouteable|unroutable|invalid|nonexistent|non-existent|bad)\s+(?:\w+\s+)?(?:host|"
    r"domain|mail\s+domain)|"
    r"name\s+or\s+service\s+not\s+known|no\s+address\s+associated|illegal\s+host/domain|cannot\s+be\s+resolved|"
    r"couldn['’]?t\s+find\s+any\s+host|\bNXDOMAIN\b|dominio\s+(?:inesistente|non)|domain\s+is\s+not\s+reachable",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"has\s+moved|user\s+(?:has\s+)?(?:left|moved)|changed?\s+(?:their|his|her|my)\s+(?:email\s+|"
    r"e-mail\s+)?address|new\s+address\s+is|user\s+not\s+local;\s+please\s+try|recipient\s+no\s+longer\s+here",
    re.IGNORECASE,
)
_TAKES_NO_MAIL = re.compile(
    r"null\s?mx|no\s+mx\s+(?:record\s+)?(?:found|for)|not\s+accepting\s+network\s+messages|"
    r"does\s+not\s+accept\s+(?:any\s+)?(?:e?-?mail|smtp)|accepts\s+no\s+mail|no\s+mail\s+(?:server|exchanger)|"
    r"not\s+accepting\s+(?:any\s+)?mail|mail\s+not\s+accepted|\bmx\s+\.\s",
    re.IGNORECASE,
)
_SENDER_DOMAIN = re.compile(
    r"(?:sender|from\s+(?:address|domain)|client|helo|ehlo|return[- ]path|mail\s+from|reverse|ptr|"
    r"your\s+(?:host|ip|server|domain|address)|originating|sending)\b.{0,80}(?:unknown|not\s+(?:found|exist|resolv)|"
    r"does\s*n[o']t\s+(?:exist|resolv)|invalid|cannot|reject|could\s+not|no\s+such)|cannot\s+find\s+your|"
    r"(?:domain|address)\s+of\s+sender|client\s+host\s+rejected|sender\s+verify|could\s+not\s+reverse|no\s+ptr|"
    r"ip\s+name\s+lookup",
    re.IGNORECASE,
)
# A server that knows the recipient and refuses the mail for its sender or content says these, whatever else it says.
_REFUSES_US = re.compile(
    r"\bptr\b|reverse\s+dns|\bspf\b|dkim|dmarc|for\s+policy\s+reasons|banned|blacklist|block(?:ed|ing)\s|"
    r"is\s+spam|as\s+spam|spamhaus|(?<!\d)5\.7\.\d{1,3}(?!\d)",
    re.IGNORECASE,
)
# The recipient was accepted: a refusal after the content, or before the recipient was named, is not about the address.
OTHER_STAGE = re.compile(
    r"(?:in\s+reply\s+to|after)\s+(?:end\s+of\s+)?(?:data\b|mail\s+from)|>>>\s*(?:DATA|MAIL\b[^\n]*)\s*<<<\s*5",
    re.IGNORECASE,
)
AT_RECIPIENT = re.compile(
    r"(?:in\s+reply\s+to|after)\s+RCPT\s+TO|\[RCPT_TO\]|did\s+not\s+like\s+our\s+RCPT|>>>\s*RCPT\b[^\n]*\s*<<<\s*5",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"found,\s+try\s+again|try\s+(?:again\s+)?later|temporar(?:y|ily)\s|come\s+back\s+later", re.IGNORECASE
)
# What Exchange Online (5.4.1, edge blocking) and others answer for mailboxes that do not exist, giving no reason.
_REJECTED_ADDRESS = re.compile(
    r"address\s+rejected(?::\s*access\s+denied\b|[.\s]*(?:$|\[|\())|mailbox\s+unavailable", re.IGNORECASE
)
_HARD_STATUS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
TEMPORARY = re.compile(
    r"^(?:warning|delayed|delay)|will\s+(?:continue|retry|be\s+retried|keep\s+trying)|warning\s+message\s+only|"
    r"do\s+not\s+need\s+to\s+resend|still\s+being\s+retried|has\s+been\s+delayed|in\s+ritardo",
    re.IGNORECASE,
)


def is_hard(*, status: str, diagnostic: str) -> bool:
    """Whether the address itself is dead.

    The words decide before the code: servers use 5.1.1 and 5.0.0 for everything.
    """
    unknown = UNKNOWN_HOST.search(diagnostic) or UNKNOWN_USER.search(diagnostic)
    if status.startswith(("4", "2")) and not (status == "4.1.1" and unknown):
        return False
    if FULL.search(diagnostic) or _LATER.search(diagnostic) or OTHER_STAGE.search(diagnostic):
        return False
    if _TAKES_NO_MAIL.search(diagnostic) or _MOVED.search(diagnostic) or status in ("5.1.6", "5.1.10"):
        return True
    if unknown and AT_RECIPIENT.search(diagnostic):
        return True
    # 5.2 is about a mailbox that exists, 5.7 about policy, even with "user unknown" beside it.
    if _REFUSES_US.search(diagnostic) or _SENDER_DOMAIN.search(diagnostic) or status.startswith(("5.2.", "5.7.")):
        return False
    return bool(unknown or status in _HARD_STATUS or _REJECTED_ADDRESS.search(diagnostic))
