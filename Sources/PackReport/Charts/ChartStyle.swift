/// The style of charts in a page, in light and dark.
enum ChartStyle {
    static let text = #"""

        :root{--c0:#1f5fbf;--c1:#b3530b;--c2:#1d7a4b;--c3:#8a3fb0;--c4:#a3283a;--c5:#56606e}
        @media(prefers-color-scheme:dark){:root{--c0:#79aef7;--c1:#f0a35e;--c2:#66cf96;--c3:#cf9af0;--c4:#f58a94;--c5:#aab4c0}}
        .chart{margin:14px 0;padding:14px 16px 8px;background:var(--card);border:1px solid var(--line);border-radius:12px}
        .chart figcaption{font-size:14px;margin-bottom:8px}
        .chart .plot{overflow-x:auto}
        .chart svg{display:block;width:100%;min-width:640px;max-width:1080px;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
        .chart text{fill:var(--text)}.chart text.tick{fill:var(--muted)}.chart text.value,.chart text.limit{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
        .chart text.value{font-variant-numeric:tabular-nums}
        .chart .grid{stroke:var(--line);stroke-width:1}.chart .axis{stroke:var(--muted);stroke-width:1}
        .chart line.limit{stroke:var(--fail);stroke-width:1.5;stroke-dasharray:5 3}.chart text.limit{fill:var(--fail)}
        .chart .moment{stroke:var(--muted);stroke-width:1;stroke-dasharray:2 3}
        .chart .spread{stroke:var(--text);stroke-width:1.5}
        .chart path{fill:none;stroke-width:2;stroke-linejoin:round}
        .f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}.f5{fill:var(--c5)}
        .s0{stroke:var(--c0)}.s1{stroke:var(--c1);stroke-dasharray:9 3}.s2{stroke:var(--c2);stroke-dasharray:3 3}
        .s3{stroke:var(--c3);stroke-dasharray:12 3 3 3}.s4{stroke:var(--c4);stroke-dasharray:6 6}.s5{stroke:var(--c5);stroke-dasharray:1 4}
        @media print{.chart{break-inside:avoid}.chart rect,.chart path,.chart line{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

        """#
}
