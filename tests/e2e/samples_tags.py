"""Samples of the page "Tags": one being written, one done, one refused."""

from dataclasses import replace

from edge.api.tags import shapes as tag_shapes

NOON_US = 1_794_830_400_000_000
TAGGING = tag_shapes.TagJobView(
    job="j1", zone="pad-1", piece="p-1042", title="Solitaire ring", sku="R-1042", category="ring", by="marc",
    begun_us=NOON_US, state=tag_shapes.TagJobState.RUNNING, step="writing", sentence="Writing", progress=0.55, stage=1, agains=1,
    trouble="the reader lost its power", answering=1, epc="3034F4E4E40C0E4002040001", tid="E28011606000020912345678",
)  # fmt: skip
TAGGED = replace(TAGGING, state=tag_shapes.TagJobState.DONE, trouble="", progress=1.0, stage=4)
TAGS_REFUSED = replace(TAGGED, state=tag_shapes.TagJobState.REFUSED, sentence="2 tags answer on the pad: leave one")


def tagging(job: tag_shapes.TagJobView) -> tag_shapes.TagsView:
    pad = tag_shapes.TagPadView("pad-1", "Till pad", "pad-reader", reading=True, why="", job=job)
    queue = [tag_shapes.UntaggedView(f"p-{n}", f"Band {n}", "R-7", "band", "incoming", begun=n > 8) for n in (8, 9)]
    queue.append(tag_shapes.UntaggedView("buy-0193", "Signet ring", "", "ring", "", begun=False))
    return tag_shapes.TagsView(pads=(pad,), queue=tuple(queue), why_not="")


def pages(common, ring):
    return {
        "tags": ("edge/tags.html", {**common, "tags": tagging(TAGGING), "may_replace": True}),
        "tags-done": ("edge/tags.html", {**common, "tags": tagging(TAGGED), "may_replace": True}),
        "tags-refused": ("edge/tags.html", {**common, "tags": tagging(TAGS_REFUSED), "may_replace": False}),
    }
