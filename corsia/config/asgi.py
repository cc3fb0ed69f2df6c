"""The ASGI application that uvicorn serves: Django, and in front of it the doors of what comes in numbers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "corsia.config.settings.local")
_django = get_asgi_application()

from corsia.conversations.web.door import StreamDoor  # noqa: E402  (only once Django is set up)
from corsia.messaging.web.hook_door import HookDoor  # noqa: E402
from corsia.portal.web.chat_door import ChatDoor  # noqa: E402
from corsia.portal.web.survey_door import SurveyDoor  # noqa: E402
from corsia.ui.uploads import UploadDoor  # noqa: E402

application = UploadDoor(HookDoor(SurveyDoor(ChatDoor(StreamDoor(_django)))))
