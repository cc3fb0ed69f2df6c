"""One view that forgot its declaration, for test_doors.py."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def forgotten(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("forgotten/", forgotten)]
