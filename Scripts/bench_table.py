"""Writes one Markdown page of what Scripts/bench.sh measured.

bench_table.py FOLDER: reads the *.json in it. Standard library only. Medians stand beside those of the fastest peer of the same
run; a ratio below 1 says that pack is faster. In brackets is the ratio of the shortest runs, which others on the machine disturb
least.
"""

import json
import pathlib
import sys


def milliseconds(seconds):
    value = seconds * 1000
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def megabytes(count):
    return f"{count / 1e6:.3g}"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def place(result):
    shape, lengths = result["shape"], result["lengths"]
    if lengths:
        text = f"{len(lengths)} texts of {min(lengths)} to {max(lengths)} tokens, {sum(lengths)} in all"
    else:
        parts = [f"{shape['sequence']} tokens"] if "sequence" in shape else []
        batch = shape.get("batch", 1)
        parts += [f"× {batch}"] if batch > 1 else []
        text = " ".join(parts) or ", ".join(f"{name} {count}" for name, count in sorted(shape.items())) or "fixed"
    return f"{text}; {result['threads']}"


def comparison(results):
    """A row for each shape and number of threads: each precision of pack beside the fastest peer that it is held against."""
    own = [engine["name"] for engine in results[0]["engines"] if not engine["isPeer"]]
    heads = ["shape; threads"]
    for name in own:
        heads += [name, "of peak", "best peer", "ratio (shortest)"]
    rows = []
    for result in results:
        row = [place(result)]
        for engine in (engine for engine in result["engines"] if not engine["isPeer"]):
            best = engine["bestPeer"]
            peer = next((other for other in result["engines"] if best and other["name"] == best["name"]), None)
            row += [milliseconds(engine["median"]), fraction(engine["fractionOfPeak"])]
            row += [f"{milliseconds(peer['median'])} {peer['name']}", ratios(engine, peer, result)] if peer else ["", ""]
        rows.append(row)
    return table(heads, rows)


def ratios(engine, peer, result):
    """The ratio of medians, and that of the shortest runs to the shortest one of a peer of the same precision."""
    shortest = min(other["min"] for other in result["engines"] if other["isPeer"] and other["precision"] == peer["precision"])
    return f"{engine['bestPeer']['ratio']:.2f} ({engine['min'] / shortest:.2f})"


def fraction(value):
    return "" if value is None else f"{value:.2f}"


def details(results):
    heads = ["shape; threads", "engine", "p50", "p95", "p99", "items/s", "GFLOP/s", "of peak"]
    rows = []
    for result in results:
        for engine in result["engines"]:
            rows.append([place(result), engine["name"], milliseconds(engine["median"]), milliseconds(engine["p95"]),
                         milliseconds(engine["p99"]), f"{engine['itemsPerSecond']:.3g}",
                         f"{engine['operationsPerSecond'] / 1e9:.1f}", fraction(engine["fractionOfPeak"])])
    return table(heads, rows)


def accuracy(engine):
    known = engine["accuracy"]
    if known is None:
        return ["", ""]
    parts = []
    if known["rankCorrelation"] is not None:
        parts.append(f"ranks {known['rankCorrelation']:.4f}")
    if known["equalLabels"] is not None:
        parts.append(f"labels {known['equalLabels'] * 100:.0f} %")
        parts.append(f"divergence {known['meanDivergence']:.2g}" if known["meanDivergence"] is not None else "divergence ∞")
    return [f"{known['meanCosine']:.4f} ({known['smallestCosine']:.4f})", ", ".join(parts)]


def engines(result):
    heads = ["engine", "cosine (smallest)", "", "start to answer", "to its end", "peak memory", "model", "runtime"]
    rows = []
    for engine in result["engines"]:
        start, size = engine["start"], engine["bytes"]
        row = [engine["name"], *accuracy(engine)]
        row += [milliseconds(start["toAnswer"]["median"]), milliseconds(start["toEnd"]["median"])] if start else ["", ""]
        row.append(f"{megabytes(start['peakMemory'])} MB" if start and start["peakMemory"] else "")
        row += [f"{megabytes(size['model'])} MB", f"{megabytes(size['runtime'])} MB"] if size else ["", ""]
        rows.append(row)
    return table(heads, rows)


def kernels(report):
    peak = report["peakOperationsPerSecond"]
    lines = ["## Kernels", ""]
    if peak:
        lines += [f"Peak of f32 multiply-adds on registers: {peak / 1e9:.1f} GFLOP/s.", ""]
    rows = []
    for kernel in report["kernels"]:
        speed = kernel["operationsPerSecond"]
        rate = f"{speed / 1e9:.1f} GFLOP/s" if speed is not None else f"{kernel['bytesPerSecond'] / 1e9:.1f} GB/s"
        rows.append([kernel["family"], kernel["instructionSet"], "picked" if kernel["isPicked"] else "", kernel["shape"], rate,
                     fraction(kernel["fractionOfPeak"])])
    return lines + table(["kernel", "instruction set", "", "shape", "rate", "of peak"], rows)


def model(name, parts):
    """All that was measured of a model: its runs, those of texts of different lengths, and those with starts."""
    results = [result for part in ("", "-batches", "-natural") for result in parts.get(part, {}).get("results", [])]
    started = parts.get("-start", parts.get("", {})).get("results", [])
    any_part = next(iter(parts.values()))
    lines = [f"## {name}", "", f"Peers: {', '.join(any_part['peers']) or 'none'}. Milliseconds, medians.", ""]
    if results:
        lines += comparison(results)
    for result in started[:1]:
        lines += [f"{place(result)}:", "", *engines(result)]
    for part in parts.values():
        lines += [f"Not measured: {item['name']}: {' '.join(item['reason'].split())}" for item in part["missing"]]
    if results:
        lines += ["<details><summary>All engines</summary>", "", *details(results), "</details>", ""]
    return lines


def cpu():
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        return "an unknown CPU"
    return f"{names[0]}, {len(names)} cores" if names else "an unknown CPU"


def main(folder):
    reports = {path.stem: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))}
    lines = ["# Benchmark", "", f"{cpu()}. Engines take turns; only ratios within a row mean anything.", ""]
    models = {}
    for name, report in reports.items():
        if report.get("schema") != "pack.bench/1":
            continue
        suffix = next((end for end in ("-batches", "-natural", "-start") if name.endswith(end)), "")
        models.setdefault(name.removesuffix(suffix), {})[suffix] = report
    for name, parts in models.items():
        lines += model(name, parts)
    if "kernels" in reports:
        lines += kernels(reports["kernels"])
    print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
