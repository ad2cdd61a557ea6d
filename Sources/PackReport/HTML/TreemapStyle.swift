/// The style of the treemap. Kinds have a colour each, in the order of `TreemapNode.Kind`; what is not used is hatched
/// as well.
enum TreemapStyle {
    static let text = #"""

        :root{--ink:#141c26;--k0:#d3dae4;--k1:#b4d0f6;--k2:#b5e2c8;--k3:#f7d29c;--k4:#d3c2f3;--k5:#eec4e2;--k6:#b3e3e8;
        --k7:#f6bdb7;--k8:#e3e3de}
        @media(prefers-color-scheme:dark){:root{--ink:#f3f6fa;--k0:#37424f;--k1:#274b7c;--k2:#22593c;--k3:#6d4a12;--k4:#4d3a80;
        --k5:#6f3462;--k6:#1b5b63;--k7:#7d2f2a;--k8:#484a4c}}
        @media print{:root{--ink:#141c26;--k0:#d3dae4;--k1:#b4d0f6;--k2:#b5e2c8;--k3:#f7d29c;--k4:#d3c2f3;--k5:#eec4e2;
        --k6:#b3e3e8;--k7:#f6bdb7;--k8:#e3e3de}}
        .crumbs ol{list-style:none;display:flex;flex-wrap:wrap;gap:2px 0;margin:0 0 8px;padding:0;font-size:14px;min-height:24px}
        .crumbs li:not(:last-child)::after{content:"›";margin:0 8px;color:var(--muted)}
        .crumbs [aria-current]{font-weight:650;overflow-wrap:anywhere}
        .map{position:relative;height:clamp(340px,64vh,660px);border-radius:10px;overflow:hidden;background:var(--line)}
        .cell{all:unset;display:flex;flex-direction:column;align-items:flex-start;box-sizing:border-box;position:absolute;overflow:hidden;color:var(--ink);border:1px solid var(--card);
        padding:2px 5px;font-size:12px;line-height:15px;cursor:default;animation:appear .16s ease-out}
        @keyframes appear{from{opacity:0}}
        .cell.opens{cursor:zoom-in}
        .cell b,.cell span{max-width:100%;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;unicode-bidi:isolate}
        .cell b{font-weight:600}
        .cell.group{box-shadow:inset 0 0 0 1px color-mix(in srgb,var(--ink) 18%,transparent)}
        .cell:hover{box-shadow:inset 0 0 0 2px var(--ink)}
        .cell:focus-visible{outline:3px solid var(--accent);outline-offset:-3px;box-shadow:inset 0 0 0 4px var(--card)}
        .k0{background-color:var(--k0)}.k1{background-color:var(--k1)}.k2{background-color:var(--k2)}
        .k3{background-color:var(--k3)}.k4{background-color:var(--k4)}.k5{background-color:var(--k5)}
        .k6{background-color:var(--k6)}.k7{background-color:var(--k7)}.k8{background-color:var(--k8)}
        .k7{background-image:repeating-linear-gradient(45deg,transparent 0 6px,
        color-mix(in srgb,var(--ink) 16%,transparent) 6px 8px)}
        .tip{position:absolute;z-index:3;pointer-events:none;max-width:min(340px,94%);padding:7px 11px;border-radius:8px;
        background:var(--text);color:var(--back);font-size:13px;line-height:1.4;overflow-wrap:anywhere;
        box-shadow:0 4px 18px rgb(0 0 0/.28)}
        .tip b{display:block}
        .info{margin:8px 0;min-height:1.5em;color:var(--muted);font-size:14px;overflow-wrap:anywhere}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:0 0 14px;font-size:13px}
        #bytes .legend{padding:0}
        .legend i{display:inline-block;width:13px;height:13px;border-radius:3px;margin-right:6px;vertical-align:-2px;
        border:1px solid color-mix(in srgb,var(--ink) 25%,transparent)}

        """#
}
