"""Work that is done again and again, and at once when it is woken."""

import threading

from contracts.periodic import Periodic


def test_work_is_done_at_once_when_it_is_woken_and_again_after_it_failed() -> None:
    done = threading.Semaphore(0)

    def work() -> None:
        done.release()
        raise ValueError

    periodic = Periodic("test", work, 3600.0)
    periodic.open()
    for _ in range(2):
        periodic.wake()
        assert done.acquire(timeout=30)
    periodic.close()
    periodic.wake()
    assert not done.acquire(blocking=False)


def test_long_work_can_see_that_it_should_end() -> None:
    begun = threading.Event()
    seen: list[bool] = []

    def work() -> None:
        seen.append(periodic.is_closing)
        begun.set()
        while not periodic.is_closing:
            pass

    periodic = Periodic("test", work, 3600.0)
    periodic.open()
    periodic.wake()
    assert begun.wait(30)
    periodic.close()
    assert (seen, periodic.is_closing) == ([False], True)


def test_it_can_be_opened_again() -> None:
    done = threading.Event()
    periodic = Periodic("test", done.set, 0.001)
    for _ in range(2):
        periodic.open()
        assert done.wait(30)
        periodic.close()
        done.clear()
