"""Words into numbers: what is counted, weighed, kept, and kept the same."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from screening.priority import features

TITLES = ["Statins in adults", "Aspirin in children", "Statins and aspirin", ""]
ABSTRACTS = ["Statins lower cholesterol.", "A trial of aspirin.", "Cholesterol in adults, a trial", None]


def test_a_row_for_each_record_and_a_name_for_each_column():
    built = features.build(TITLES, ABSTRACTS)
    assert built.matrix.shape == (4, len(built.terms))
    assert built.matrix.dtype == np.float32
    assert {"statins", "aspirin", "cholesterol", "in adults"} <= set(built.terms)
    assert "children" not in built.terms  # one record only
    assert built.matrix[3].nnz == 0


def test_weights_are_those_of_the_vectoriser_of_scikit_learn(monkeypatch):
    """With a title that counts once and no term left out, the numbers are TfidfVectorizer's."""
    monkeypatch.setitem(features.SETTINGS, "title_weight", 1)
    monkeypatch.setitem(features.SETTINGS, "min_records", 1)
    monkeypatch.setitem(features.SETTINGS, "max_share", 1.0)
    abstracts = [
        "statins lower cholesterol statins",
        "a trial of aspirin",
        "cholesterol in adults",
        "more cells",
    ]
    built = features.build([""] * 4, abstracts)
    peer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    expected = peer.fit_transform(abstracts).toarray()
    columns = [peer.vocabulary_[term] for term in built.terms]
    np.testing.assert_allclose(built.matrix.toarray(), expected[:, columns], rtol=1e-6)
    assert len(columns) == expected.shape[1]


def test_a_word_of_the_title_weighs_more():
    titles = ["statins", "other", "statins", "cells"]
    built = features.build(titles, ["aspirin", "aspirin statins", "aspirin", "more"])
    row = dict(zip(built.terms, built.matrix[0].toarray()[0], strict=True))
    assert row["statins"] > row["aspirin"] > 0  # three records each: only the place differs


def test_the_same_texts_give_the_same_numbers_and_digest():
    one, two = features.build(TITLES, ABSTRACTS), features.build(TITLES, ABSTRACTS)
    assert one.digest == two.digest == features.digest(TITLES, ABSTRACTS)
    assert one.terms == two.terms
    assert (one.matrix != two.matrix).nnz == 0
    assert features.digest(TITLES, ["other", *ABSTRACTS[1:]]) != one.digest
    assert features.digest(TITLES, ABSTRACTS, ["", "", "", ""]) != one.digest


def test_what_is_saved_is_loaded(tmp_path):
    built = features.build(TITLES, ABSTRACTS, ["adults", None, "adults", ""])
    built.save(tmp_path / "cache.npz")
    loaded = features.Features.load(tmp_path / "cache.npz")
    assert (loaded.matrix != built.matrix).nnz == 0
    assert (loaded.terms, loaded.digest, len(loaded)) == (built.terms, built.digest, 4)


@pytest.mark.parametrize("texts", [([], []), ([""], [""]), (["的 研究"], ["试验 试验"])])
def test_little_or_no_text_is_no_error(texts, tmp_path):
    built = features.build(*texts)
    assert len(built) == len(texts[0])
    built.save(tmp_path / "few.npz")
    assert features.Features.load(tmp_path / "few.npz").terms == built.terms


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2, 1"):
        features.build(["a", "b"], ["c"])


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_file_cut_short_is_told_not_read(tmp_path, share):
    path = tmp_path / "cache.npz"
    features.build(["Steel frames", "Pain relief"] * 9, ["", ""] * 9).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ValueError, match="does not hold the words"):
        features.Features.load(path)
