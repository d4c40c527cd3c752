"""A closed version and a public page, for the attacks."""

from reporting.models import PublicPage, Version


def add_versions(world) -> None:
    world.rows["version"] = Version.objects.create(
        review=world.review, number=1, label="First version", closed_by=world.owner
    )
    world.rows["public_page"] = PublicPage.objects.create(
        review=world.review,
        token_sha256=f"a{world.review.pk:063d}",
        parts=["flow"],
        content={"title": "A review"},
    )
