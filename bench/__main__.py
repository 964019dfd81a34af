"""`bin/bench`: mychat against the plain tutorial on this machine, one command, one table. See docs/benchmarks.md."""

import argparse
import itertools
import json
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import cases, machine, plot, table
from bench.cases import Case
from bench.meter import NOISE_CORES
from bench.services import Services
from bench.sites import ROOT, VARIANTS, Failed, Running, Sites

RESULTS = ROOT / "bench" / "results"
PAGE, PICTURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images" / "benchmarks.png"
BEGIN, END = "<!-- bin/bench --publish writes from here -->\n", "<!-- to here -->\n"
GRACE_SECONDS = 120  # for connecting, waiting and adding up, beside the time a run is given
LATE_MS = 1


def main() -> None:
    """Runs what is asked for and prints the table; or prints again what a file holds."""
    options = arguments()
    if options.table:
        report = json.loads(options.table.read_text())
    else:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))  # leave no servers behind
        allow_many_files()
        report = measure(options)
    print(as_text(report))
    if options.publish:
        publish(report)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    names = list(cases.groups(1))
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("--only", default=",".join(names), help=f"some of {','.join(names)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; the table shows medians")
    parser.add_argument("--seconds", type=float, default=15, help="how long messages are measured in each run")
    parser.add_argument("--quick", action="store_true", help="one short round with fewer sockets: does it work?")
    parser.add_argument(
        "--publish", action="store_true", help="put the figures and the picture into docs/benchmarks.md"
    )
    parser.add_argument("--table", type=Path, metavar="JSON", help="run nothing: print the table of these figures")
    options = parser.parse_args()
    options.groups = options.only.split(",")
    if unknown := set(options.groups) - set(names):
        parser.error(f"no such group: {', '.join(unknown)}")
    if options.quick:
        options.rounds, options.seconds = 1, min(options.seconds, 4)
    return options


def allow_many_files() -> None:
    """Thousands of sockets at both ends, and the tutorial's layer opens a connection for each of its own."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


# --- Running ----------------------------------------------------------------------------------------------------------


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All rounds, interleaved: every round runs each case once. What is there already is kept after each run."""
    report: dict[str, Any] = {"options": sys.argv[1:], "rounds": options.rounds, "runs": {}, "failed": []}
    chosen = cases.chosen(options.groups, options.seconds, quick=options.quick)
    with Services() as services:
        report["machine"] = machine.describe(services)
        sites = Sites(services)
        try:
            for number, case in itertools.product(range(1, options.rounds + 1), chosen):
                add(report, f"round {number}  {case.key:<24}", sites, case, patient=not options.quick)
        except KeyboardInterrupt:
            say("stopped: the table tells what is there")
    return report


def add(report: dict[str, Any], label: str, sites: Sites, case: Case, *, patient: bool) -> None:
    """Runs a case and adds its result; the failure of one doesn't cost the others."""
    try:
        result = run_quietly(sites, offer(case, report["runs"]), patient=patient)
    except Failed as failure:
        report["failed"].append(case.key)
        say(f"{label} FAILED: {failure}")
    else:
        report["runs"].setdefault(case.key, []).append(result)
        say(f"{label} {summary(result)}")
        keep(report, "latest")


def offer(case: Case, runs: table.Runs) -> Case:
    """Under overload, twice of the most that was reached."""
    if case.key != "overload mychat":
        return case
    most = max(
        (run["per_second"] for key in ("deep mychat", "max mychat") for run in runs.get(key, [])), default=10_000
    )
    return replace(case, plan={**case.plan, "rate": 2 * most})


def run_quietly(sites: Sites, case: Case, *, patient: bool) -> dict[str, Any]:
    """Runs a case, and once more if others used the machine meanwhile."""
    result = run(sites, case)
    if patient and result["foreign_cores"] > NOISE_CORES:
        say(f"         {case.key:<24} again: {result['foreign_cores']:.2f} cores of other work")
        result = min(result, run(sites, case), key=lambda one: one["foreign_cores"])
    return {**result, "noisy": result["foreign_cores"] > NOISE_CORES}


def run(sites: Sites, case: Case) -> dict[str, Any]:
    """One case on fresh servers."""
    with sites.running(VARIANTS[case.variant], case.processes) as running:
        return {**drive(running, case.mode, case.plan), "offered": case.plan.get("rate")}


def drive(running: Running, mode: str, plan: dict[str, Any]) -> dict[str, Any]:
    """What the load generator saw, and the rows that the database holds then. Raises `Failed`.

    The generator is a process of its own, so that its CPU is told apart.
    """
    asked = {"mode": mode, "crowd": running.crowd, "groups": running.groups, "plan": plan}
    command, limit = [sys.executable, "-m", "bench.load"], plan["seconds"] + plan.get("patience", 10) + GRACE_SECONDS
    try:
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, timeout=limit, check=True
        )
    except subprocess.SubprocessError as error:
        raise Failed(f"{type(error).__name__}; the server's log ends: {running.tail()}") from error
    if written := running.tail():
        say(f"the server wrote: {written}")
    return {**json.loads(done.stdout), "rows": running.rows()}


# --- Telling ----------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Progress, apart from the table."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def summary(result: dict[str, Any]) -> str:
    """One line about one run."""
    parts = [f"{result['foreign_cores']:.2f} foreign cores"]
    if "per_second" in result:
        parts.insert(0, f"{result['per_second']:,.0f}/s")
    if "peer_ms" in result:
        cpu = sum(result["cpu_us"].get(name, 0) for name in table.SERVERS)
        fates = " ".join(f"{result[name]:,} {name.replace('_', ' ')}" for name in ("lost", "doubled", "out_of_order"))
        parts[1:1] = [f"p99 {result['peer_ms'].get('p99', 0):.1f} ms", f"{cpu:,.0f} µs CPU", fates]
        parts += [f"{sum(result['refused'].values()):,} refused"] if result["refused"] else []
    for name in ("kib_per_socket", "connect_cpu_us", "growth_kib", "mib_per_reader"):
        if name in result:
            parts.insert(0, f"{name} {result[name]}")
    if result.get("dropped"):
        parts.append(f"dropped {result['dropped']}")
    return ", ".join(parts)


def as_text(report: dict[str, Any]) -> str:
    """Machine, table and warnings as Markdown."""
    about = "\n".join(f"- {name}: {value}" for name, value in report["machine"].items())
    rounds = f"Medians of {report['rounds']} interleaved rounds."
    parts = [about, rounds, table.markdown(table.lines(report["runs"])), *warnings(report)]
    return "\n\n".join(parts)


def warnings(report: dict[str, Any]) -> list[str]:
    """Why some of it is not to be trusted."""
    runs = [(key, result) for key, results in report["runs"].items() for result in results]
    noisy = [key for key, result in runs if result["noisy"]]
    late = [key for key, result in runs if result.get("late_ms", {}).get("p99", 0) > LATE_MS]
    found = {
        table.void(report["runs"]): True,
        f"Failed: {', '.join(report['failed'])}.": report["failed"],
        f"Beside more than {NOISE_CORES} cores of other work: {', '.join(noisy)}.": noisy,
        f"The load generator itself was over {LATE_MS} ms late at p99: {', '.join(late)}.": late,
    }
    return [text for text, true in found.items() if text and true]


def keep(report: dict[str, Any], name: str) -> None:
    """Writes the figures into bench/results/."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")


def publish(report: dict[str, Any]) -> None:
    """Keeps the figures under a name that git doesn't ignore, and puts table and picture into docs/benchmarks.md."""
    keep(report, "published")
    plot.draw(report["runs"], PICTURE)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{as_text(report)}\n\n{END}{after}")


if __name__ == "__main__":
    main()
