"""Rows of recoveries, discussions and the register for the sweeps."""

from datetime import datetime
from typing import Any

from corsia.cases import services as cases
from corsia.cases.models import DiscussionFile, RecoveryItem
from corsia.cases.services.discussions import SharedFile
from corsia.kernel.actors import Actor, system
from corsia.organisation.models import Unit

ROBOT = system("test")


def care_rows(
    *,
    branch: Unit,
    desk: Unit,
    canary: str,
    group_canary: str,
    case_id: int,
    forgotten_id: int,
    boss: Actor,
    now: datetime,
) -> dict[str, int]:
    """Make one of each, in a branch; `forgotten_id` is an open case that nothing else uses."""
    details = cases.RecoveryDetails(name=canary, process_key="information", script_it=canary, script_en=canary)
    recovery, empty = (cases.start_recovery(unit_id=branch.pk, details=details, by=boss, now=now) for _ in range(2))
    cases.add_cases(recovery_id=recovery.pk, case_ids=[forgotten_id], tempers={}, by=boss, now=now)
    item = RecoveryItem.objects.get(case_id=forgotten_id)
    content = f"Nome;Email;Nota\n{canary} Uno;uno@{branch.code}.example.it;{canary}\n{canary} Due;;\n".encode()
    kept = cases.keep_list(recovery_id=recovery.pk, file_name=f"{canary}.csv", content=content, by=boss, now=now)
    talk = cases.discussion_of(case_id=case_id, by=boss, now=now)
    line = cases.say(
        discussion_id=talk.pk,
        text=canary,
        files=[SharedFile(name=f"{canary}.txt", content=canary.encode())],
        by=boss,
        now=now,
    )
    words: dict[str, Any] = {"title": group_canary, "what": group_canary, "who": group_canary}
    first, second = (
        cases.propose_process(unit_id=desk.pk, details=cases.ProposalDetails(**words), by=boss, now=now)
        for _ in range(2)
    )
    return {
        "recovery_id": recovery.pk,
        "empty_recovery_id": empty.pk,
        "recovering_id": forgotten_id,
        "item_id": item.pk,
        "list_id": kept.pk,
        "discussion_id": talk.pk,
        "line_id": line.pk,
        "discussion_file_id": DiscussionFile.objects.get(line=line).pk,
        "proposal_id": first.pk,
        "other_proposal_id": second.pk,
    }
