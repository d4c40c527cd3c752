"""Load the demo review; harmless when repeated."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from reviewapp.demo import story
from reviewapp.demo.accounts import accounts_file
from reviewapp.demo.load import load_demo
from reviews.command import told_in_a_sentence
from reviews.jobs import finish_waiting
from reviews.models import Review


class Command(BaseCommand):
    help = "Load the demo review (psychotherapy for treatment-resistant depression, open data)."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            self._load(options)

    def _load(self, options: dict[str, Any]) -> None:
        done = []
        for step in load_demo():
            done.append(step)
            if not options["json"]:
                self.stdout.write(f"loaded {step}")
        review = Review.objects.get(slug=story.SLUG)
        left = finish_waiting(review)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "review": review.slug,
                        "loaded": done,
                        "sign_ins": json.loads(accounts_file().read_text()),
                        "unfinished_jobs": left,
                    }
                )
            )
        elif not done:
            self.stdout.write("The demo review is there already; nothing was changed.")
