"""An order of choice by a screen reader alone: names, roles, descriptions, and what is said by itself.

No mouse, no eyes. What is heard comes from the browser's accessibility tree, as a screen reader gets it. Nothing is
found by its place or its look, and nothing is dragged.
"""

import re
import time

from tests.journeys.test_ranking import ASKED, NOBODY, SIX, Election, an_election


class ScreenReader:
    """Somebody who only hears the page, and has a keyboard."""

    def __init__(self, at):
        self.page, self.keys = at.page, at.page.keyboard
        self.session = at.context.new_cdp_session(at.page)

    def nodes(self):
        """What the page is made of, in the order in which it is read; the text of each part with it."""
        found = self.session.send("Accessibility.getFullAXTree")["nodes"]
        by_id = {one["nodeId"]: one for one in found}

        def heard(one):
            inside = [by_id[child] for child in one.get("childIds", ()) if child in by_id]
            below = [other for child in inside for other in heard(child)]
            if one.get("ignored"):
                return below
            says = [other["name"]["value"] for other in below if other["role"]["value"] == "StaticText"]
            return [one | {"text": " ".join(" ".join(says).split())}, *below]

        return heard(found[0])

    def here(self):
        """Role, name and description of what has the focus, as they are read out; empty when nothing has it."""
        focused = [{}, *(one for one in self.nodes() if self.told(one, "focused"))]
        told = [focused[-1].get(part, {}).get("value", "") for part in ("role", "name", "description")]
        return tuple(" ".join(words.split()) for words in told)

    @staticmethod
    def told(node, name):
        return next((one["value"].get("value") for one in node.get("properties", ()) if one["name"] == name), None)

    def waits_for(self, heard):
        """Wait until this gives something; what it gives."""
        until = time.monotonic() + 15
        while not (found := heard()):
            assert time.monotonic() < until, f"not heard; the focus is on {self.here()}"
            time.sleep(0.05)
        return found

    def arrives_at(self, role, name):
        """The focus is moved there by the page itself, so it is read out."""
        self.waits_for(lambda: self.here()[:2] == (role, name))

    def tabs_to(self, role, name):
        """Press Tab until this is read out; its description."""
        heard = []
        for _ in range(60):
            self.keys.press("Tab")
            heard.append(self.here())
            if heard[-1][:2] == (role, name):
                return heard[-1][2]
        raise AssertionError(f"the Tab key does not reach the {role} “{name}”: {heard}")

    def is_told(self, words):
        """A live region says this by itself."""
        self.waits_for(lambda: words in self.said())

    def said(self):
        """What the live regions of the page say now, each as a whole."""
        return [one["text"] for one in self.nodes() if one["role"]["value"] in ("status", "alert")]

    def reads_on(self):
        """All that is read from the start of the page's main part to its end."""
        return next(one["text"] for one in self.nodes() if one["role"]["value"] == "main")


def test_an_order_of_choice_is_cast_from_the_code_to_the_end_by_ear_and_keyboard_alone(server, visitor):
    # Given an open election, and somebody who hears the page
    election = Election(server, an_election(candidates=SIX, seats=3))
    nurse = visitor("nurse")
    nurse.goes_to("/vote")
    ear = ScreenReader(nurse)
    ear.tabs_to("textbox", "Enter your voting code")
    ear.keys.type(election.slips[0].code)
    ear.tabs_to("button", "Continue")
    ear.keys.press("Enter")
    ear.arrives_at("heading", ASKED)
    assert "Put a 1 beside your first choice." in ear.reads_on()
    # When nothing is chosen, the problem is read out, and its link leads to the first name
    ear.tabs_to("button", "Continue")
    ear.keys.press("Enter")
    problem = f"Give a number to at least one candidate, or tick “{NOBODY}”"
    ear.is_told(f"There is a problem {problem}")
    ear.waits_for(lambda: ear.here()[0] == "alert")
    ear.tabs_to("link", problem)
    ear.keys.press("Enter")
    ear.arrives_at("combobox", "Amy Osei")
    # Then numbers and buttons say what became of the order
    ear.tabs_to("combobox", "Cat Hill")
    ear.keys.type("1")
    ear.is_told("Cat Hill is now your choice number 1.")
    ear.tabs_to("button", "Up Eve Park")
    ear.keys.press("Enter")
    ear.is_told("Eve Park is now your choice number 2.")
    ear.keys.press("Enter")
    ear.is_told("Eve Park is now your choice number 1. Cat Hill is now number 2.")
    assert ear.here()[:2] == ("button", "Up Eve Park")
    ear.tabs_to("button", "Up Faisal Khan")
    ear.keys.press("Space")
    ear.is_told("Faisal Khan is now your choice number 3.")
    assert "Your order so far Eve Park Cat Hill Faisal Khan" in re.sub(r" \d\.", "", ear.reads_on())
    # And the order is read once more before it is cast, and the check code after it
    ear.tabs_to("button", "Continue")
    ear.keys.press("Enter")
    ear.arrives_at("heading", "Check your vote")
    read = re.sub(r" \d\.", "", ear.reads_on())
    assert "Your vote Eve Park Cat Hill Faisal Khan You gave no number to 3 others." in read
    ear.tabs_to("button", "Cast vote")
    ear.keys.press("Enter")
    ear.arrives_at("heading", "Your vote has been cast")
    assert re.search(r"Your check code is ([0-9A-Z]{4}-){3}[0-9A-Z]{4} ", ear.reads_on())
    ear.tabs_to("button", "Finish and clear this computer")
    ear.keys.press("Enter")
    ear.arrives_at("RootWebArea", "Vote on staff council proposals – Pilot")
    assert election.answers() == {(5, 3, 6): 1}
