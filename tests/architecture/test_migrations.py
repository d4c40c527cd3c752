"""A database of any earlier version finds its way: the single steps behind a squashed migration are all here."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader


@pytest.mark.django_db
def test_the_single_steps_behind_squashed_migrations_are_a_whole_way():
    loader = MigrationLoader(connection, load=False)
    loader.replace_migrations = False
    loader.build_graph()  # raises NodeNotFoundError where a step is missing
    squashed = [each for each in loader.disk_migrations.values() if each.replaces]
    assert squashed
    missing = [step for each in squashed for step in each.replaces if step not in loader.disk_migrations]
    assert missing == []
