"""Give out the box's part of the election record."""

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import queries, record


async def record_parts(session: AsyncSession, box_id: int) -> dict[str, bytes]:
    """The files of a peeled box by name, the same bytes each time; refuses before.

    manifest.json, signatures.json, log.jsonl, checkpoints.txt, stage-0.txt to stage-n.txt, peels.json, trackers.txt
    and, for a vote with at least 50 people on the roll, papers.jsonl.
    """
    box = await queries.opened(session, box_id)
    stages = await queries.stages(session, box_id)
    return record.files(
        (box.text, box.signatures),
        (await queries.log(session, box_id), await queries.checkpoints(session, box_id)),
        {layer: hashes for layer, (hashes, _) in enumerate(stages)},
        [statement for _, statement in stages if statement is not None],
        judged=await queries.judged(session, box_id, box.manifest.questions),
        public=record.public(box.manifest),
    )


async def papers_of(session: AsyncSession, box_id: int) -> bytes:
    """papers.jsonl of a peeled box, whatever its size: for the scrutineers, who alone get it below 50 people.

    Of a survey nobody else gets it either, but whoever scores the answers.
    """
    box = await queries.opened(session, box_id)
    return record.lines(record.paper_lines(await queries.judged(session, box_id, box.manifest.questions)))


async def last_list(session: AsyncSession, box_id: int) -> bytes:
    """The last stage file of a peeled box, as its record has it: what came out, each by its hash, sorted."""
    await queries.opened(session, box_id)
    return (await queries.stages(session, box_id))[-1][0]
