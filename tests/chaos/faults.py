"""The kinds of faults: each breaks something, and mends it before it returns."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from random import Random

from tests.chaos.ledger import Fault
from tests.chaos.proxy import Proxy
from tests.chaos.stage import Stage

Play = Callable[[Stage, Fault], Awaitable[None]]


async def kill_web(stage: Stage, fault: Fault) -> None:
    """A web process is killed; after a moment it is started again."""
    web = stage.dice.choice(stage.webs)
    await asyncio.to_thread(web.kill)
    await asyncio.sleep(stage.dice.uniform(0.2, 2))
    await asyncio.to_thread(web.start)


async def deploy_web(stage: Stage, fault: Fault) -> None:
    """A web process is asked to end, and a new one takes its port: while it drains, or once it is gone."""
    old = stage.dice.choice(stage.webs)
    stage.webs[stage.webs.index(old)] = new = old.successor()
    old.signal(signal.SIGTERM)
    ending = asyncio.create_task(asyncio.to_thread(old.wait))
    if stage.dice.random() < 0.5:
        await ending
    await _until_free(old.port)
    await asyncio.to_thread(new.start)
    if (code := await ending) != 0:
        fault.problems.append(f"the old process ended with {code}")


async def freeze_web(stage: Stage, fault: Fault) -> None:
    """A web process stands still for a few seconds and then goes on, with what it had begun."""
    web = stage.dice.choice(stage.webs)
    web.signal(signal.SIGSTOP)
    await asyncio.sleep(stage.dice.uniform(2, 6))
    web.signal(signal.SIGCONT)


async def restart_redis(stage: Stage, fault: Fault) -> None:
    """Redis is killed and comes back empty."""
    stage.redis.stop()
    await asyncio.sleep(stage.dice.uniform(0.5, 4))
    await asyncio.to_thread(stage.redis.start)


async def freeze_redis(stage: Stage, fault: Fault) -> None:
    """Redis takes connections and doesn't answer, or the network swallows what goes over those there are."""
    if stage.dice.random() < 0.5:
        stage.redis.freeze()
        await asyncio.sleep(stage.dice.uniform(1, 5))
        stage.redis.thaw()
    else:
        await _swallow(stage, stage.hints)


async def restart_postgres(stage: Stage, fault: Fault) -> None:
    """Every process of Postgres is killed; it recovers from its log."""
    await asyncio.to_thread(stage.postgres.kill)
    await asyncio.sleep(stage.dice.uniform(0, 3))
    await asyncio.to_thread(stage.postgres.start)


async def freeze_postgres(stage: Stage, fault: Fault) -> None:
    """Postgres stands still: commits are on their way, and nobody knows how they end."""
    await asyncio.to_thread(stage.postgres.freeze)
    await asyncio.sleep(stage.dice.uniform(1, 6))
    await asyncio.to_thread(stage.postgres.thaw)


async def cut_postgres(stage: Stage, fault: Fault) -> None:
    """Connections to Postgres break in the middle of an answer, often that of a COMMIT, or after a long silence."""
    if stage.dice.random() < 0.5:
        await _swallow(stage, stage.database)
        return
    for _ in range(5):
        stage.database.cut(0.7, after=0.0)
        await asyncio.sleep(stage.dice.uniform(0.1, 0.5))
    stage.database.mend()


async def reset_clients(stage: Stage, fault: Fault) -> None:
    """Most clients lose their connection, and some of them the next."""
    for _ in range(3):
        stage.front.reset(0.6)
        await asyncio.sleep(stage.dice.uniform(0.1, 0.7))


async def black_hole(stage: Stage, fault: Fault) -> None:
    """Half of the connections stay open, but nothing comes through any more."""
    await _swallow(stage, stage.front, share=0.5, longest=7)


async def cut_mid_frame(stage: Stage, fault: Fault) -> None:
    """Half a frame arrives, then the connection breaks: in both directions, on most connections."""
    for _ in range(3):
        stage.front.cut(0.6)
        await asyncio.sleep(stage.dice.uniform(0.2, 0.8))
    stage.front.mend()


async def slow_network(stage: Stage, fault: Fault) -> None:
    """Everything takes a third of a second longer each way, so that news cross."""
    stage.front.delay = stage.dice.uniform(0.1, 0.5)
    await asyncio.sleep(stage.dice.uniform(1, 4))
    stage.front.delay = 0.0


KINDS: dict[str, Play] = {
    play.__name__.replace("_", " "): play
    for play in (
        kill_web,
        deploy_web,
        freeze_web,
        restart_redis,
        freeze_redis,
        restart_postgres,
        freeze_postgres,
        cut_postgres,
        reset_clients,
        black_hole,
        cut_mid_frame,
        slow_network,
    )
}


def schedule(count: int, dice: Random) -> list[str]:
    """So many kinds in random order, each as often as any other, give or take one."""
    rounds, rest = divmod(count, len(KINDS))
    names = list(KINDS) * rounds + dice.sample(list(KINDS), rest)
    dice.shuffle(names)
    return names


async def _swallow(stage: Stage, proxy: Proxy, share: float = 1.0, longest: float = 5.0) -> None:
    """Connections fall silent; who waits on one hears nothing until the system gives it up."""
    silent = proxy.silence(share)
    await asyncio.sleep(stage.dice.uniform(longest / 2, longest))
    for link in silent:
        link.reset()


async def _until_free(port: int) -> None:
    """Until nobody listens on the port any more: a process that ends closes it first."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.02)
            continue
        return
