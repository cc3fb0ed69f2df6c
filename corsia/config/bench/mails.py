"""The mix of mails that benchmarks and proofs send: text and HTML, a fifth with an attachment, a third replies."""

import random
from dataclasses import dataclass
from email.message import EmailMessage

ATTACHMENT_BYTES = 50 * 1024
ATTACHMENT_SHARE = 0.2
REPLY_SHARE = 0.3
TEXTS = (
    "Buongiorno, la spia del motore è rimasta accesa anche dopo il tagliando. Posso passare domani mattina?",
    "Salve, avrei bisogno di sapere se è arrivato il ricambio che avete ordinato tre settimane fa per la mia auto.",
    "Gentile assistenza, nella fattura è stata addebitata due volte la manodopera. Potete controllare?",
    "Good morning, could you tell me whether the loan car is available for next Tuesday? Thank you.",
)


@dataclass(frozen=True)
class Mail:
    """A mail ready to be sent.

    Attributes:
        key: its Message-ID without brackets; unique in a run.
        answers: the key of the mail it replies to, or "".
    """

    key: str
    sender: str
    recipient: str
    raw: bytes
    answers: str


class Mix:
    """Makes the mix, the same for the same seed; replies answer mails made before."""

    def __init__(self, *, seed: int, run: str, recipients: list[str]) -> None:
        self.random = random.Random(seed)
        self.run, self.recipients = run, recipients
        self.sent: list[Mail] = []
        self.number = 0
        self.seed = seed

    def next(self) -> Mail:
        """Return the next mail."""
        self.number += 1
        key = f"{self.run}.{self.seed}.{self.number}@senders.example"
        answered = self.random.choice(self.sent) if self.sent and self.random.random() < REPLY_SHARE else None
        sender = answered.sender if answered else f"cliente{self.seed}.{self.number}@senders.example"
        recipient = answered.recipient if answered else self.random.choice(self.recipients)
        mail = EmailMessage()
        mail["From"] = f"Anna Prova <{sender}>"
        mail["To"] = recipient
        mail["Subject"] = f"Re: Richiesta {answered.key[:20]}" if answered else f"Richiesta {self.number}"
        mail["Message-ID"] = f"<{key}>"
        if answered:
            mail["In-Reply-To"] = f"<{answered.key}>"
            mail["References"] = f"<{answered.key}>"
        text = f"{self.random.choice(TEXTS)}\n\nRif. {key}\n"
        mail.set_content(text)
        mail.add_alternative(f"<html><body><p>{text}</p><p><b>Anna Prova</b></p></body></html>", subtype="html")
        if self.random.random() < ATTACHMENT_SHARE:
            content = self.random.randbytes(ATTACHMENT_BYTES)
            mail.add_attachment(content, maintype="image", subtype="jpeg", filename=f"foto{self.number}.jpg")
        made = Mail(key, sender, recipient, mail.as_bytes(), answered.key if answered else "")
        self.sent.append(made)
        return made
