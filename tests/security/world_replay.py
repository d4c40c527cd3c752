"""A replay for the attacks."""

from screening.models import Replay


def add_replay(world) -> None:
    stop = {"stopped_at": None, "read": 100.0, "recall": 100.0}
    run = {"seed": 0, "n": 2, "included": 1, "priors": [], "curve": [[0, 0], [2, 1]], "stops": {"safe": stop}}
    figures = {"wss95": 45.0, "wss100": 50.0, "recall_at_10": 0.0, "recall_at_20": 0.0, "n95": 1, "atd": 50.0}
    world.rows["replay"] = Replay.objects.create(
        review=world.review,
        by=world.owner,
        result={"n": 2, "included": 1, "model": "tf-idf", "mean": figures, "runs": [run | figures]},
    )
