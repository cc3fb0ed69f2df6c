"""The one type of text that templates may show without escaping: HTML that was sanitised when it was read."""

from django.utils.safestring import SafeString


class SafeHtml(SafeString):
    """HTML that went through the parser's sanitiser, or that this product wrote itself."""
