"""What WhatsApp keeps beside its channel accounts: the business account, and the texts that Meta approved."""

from django.db import models

from corsia.kernel.models import ScopedModel
from corsia.messaging.models import ChannelAccount


class Business(ScopedModel):
    """The WhatsApp Business Account to which a number belongs, as Meta last told about it."""

    unit_path = "account__unit_id"

    account = models.OneToOneField(ChannelAccount, models.CASCADE, related_name="+")
    waba_id = models.CharField(max_length=40, blank=True)  # Meta's id of it
    fetched_at = models.DateTimeField(null=True, blank=True)  # when its texts were last asked for
    problem = models.CharField(max_length=300, blank=True)  # why they could not be had
    news = models.CharField(max_length=40, blank=True)  # the latest thing that Meta did to it, in Meta's word
    news_detail = models.CharField(max_length=300, blank=True)
    news_at = models.DateTimeField(null=True, blank=True)


class ApprovedText(ScopedModel):
    """A text that Meta reviewed ("template"), with the state it is in. Only these open a conversation."""

    unit_path = "account__unit_id"

    account = models.ForeignKey(ChannelAccount, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=15)  # "it", "en_US"
    template_id = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=30)
    category = models.CharField(max_length=30, blank=True)
    quality = models.CharField(max_length=20, blank=True)
    header = models.TextField(blank=True)  # a line above the text; "" for none
    body = models.TextField(blank=True)  # with {{1}} or {{name}}
    footer = models.TextField(blank=True)
    buttons = models.JSONField(default=list)  # as Meta tells them
    needs_more = models.BooleanField(default=False)  # a picture above it or an address in a button must be filled in
    reason = models.CharField(max_length=300, blank=True)  # why it was rejected
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name", "language"], name="whatsapp_text_once"),
        ]
