"""What takes users of other systems."""

from collections.abc import Callable

from yett.flows.accounts import Births
from yett.flows.current import Current
from yett.flows.manage.bindings import Bindings
from yett.flows.manage.enrolments import Enrolments
from yett.flows.manage.imports import Imports
from yett.flows.manage.jobs import Jobs
from yett.house.ground import Ground


def importing(ground: Ground, current: Current, wake: Callable[[], None]) -> Jobs:
    """Jobs, and the import that is one."""
    births = Births(ground.mint, ground.password, ground.email)
    return Jobs(ground.store, Imports(Bindings(Enrolments(ground.store, current, ground.mint, ground.factors, births, wake))))
