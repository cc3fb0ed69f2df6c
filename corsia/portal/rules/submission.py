"""What somebody sent through a web form, as the bytes that are kept and as the words that are filed."""

import base64
import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Everything typed and chosen in a web form.

    Attributes:
        stamp: the page's own mark: the same page sent twice carries it twice.
        topic: key of the process chosen.
    """

    form_id: int
    stamp: str
    language: str
    topic: str
    name: str
    email: str
    phone: str
    plate: str
    text: str
    files: tuple[SentFile, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the submission as JSON, the same bytes for the same content."""
        fields = {
            "form_id": self.form_id,
            "stamp": self.stamp,
            "language": self.language,
            "topic": self.topic,
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "plate": self.plate,
            "text": self.text,
            "files": [
                {"name": file.name, "content": base64.b64encode(file.content).decode("ascii")} for file in self.files
            ],
        }
        return json.dumps(fields, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")

    @property
    def dedupe_key(self) -> bytes:
        """32 bytes that recognise a page sent twice; changed words on the same page are a new submission."""
        return hashlib.sha256(b"web_form|" + self.to_bytes()).digest()


def submission_of(raw: bytes) -> Submission:
    """Return the submission that `Submission.to_bytes` wrote."""
    fields = json.loads(raw.decode("utf-8", "surrogatepass"))
    files = tuple(
        SentFile(name=file["name"], content=base64.b64decode(file["content"])) for file in fields.pop("files")
    )
    return Submission(files=files, **fields)


def subject_of(text: str, *, longest: int = 90) -> str:
    """Return the first words of a message as the subject of its case: whole words, one line."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    cut = line[:longest].rsplit(" ", 1)[0]
    return f"{cut.rstrip(' ,;:.-')}…"
