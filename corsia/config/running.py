"""The parts that make a running Corsia, for `corsia serve` and `corsia demo`."""

from django.conf import settings

from corsia.config.ports_taken import demand_free
from corsia.config.supervisor import Part

MAIL_WORKERS = 2  # processes, not threads: reading and filing a mail is work for a whole core


def parts(*, host: str, port: int, receiver_port: int, processes: int, environment: dict[str, str]) -> list[Part]:
    """Return web, workers and the SMTP receiver; mail has workers of its own so that a rush holds up nothing else.

    Raises:
        CommandError: a port is taken.
    """
    demand_free(port, what="web", option="--port", host=host)
    demand_free(receiver_port, what="SMTP receiver", option="--smtp-port", host=settings.SMTP_RECEIVER[0])
    shared = {**environment, "CORSIA_RECEIVER_PORT": str(receiver_port)}
    return [
        Part(
            "web",
            ["web", "--host", host, "--port", str(port), "--processes", str(processes)],
            {**shared, "CORSIA_PROCESS": "web"},
        ),
        *(
            Part(f"worker (mail {number})", ["worker", "--queues", "mail", "--concurrency", "1"], shared)
            for number in range(1, MAIL_WORKERS + 1)
        ),
        Part("worker", ["worker", "--queues", "facts,due", "--concurrency", "4"], shared),
        Part("worker (plan)", ["worker", "--queues", "plan", "--concurrency", "1"], shared),
        Part("smtp", ["smtp", "--port", str(receiver_port)], shared),
    ]
