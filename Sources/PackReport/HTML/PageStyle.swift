/// The style of a page: light and dark by the reader's choice, from a phone's width to a wide screen, and on paper.
enum PageStyle {
    static let text = #"""

        :root{color-scheme:light dark;--back:#f5f6f8;--card:#fff;--text:#17202b;--muted:#566273;--line:#dce1e8;
        --soft:#edf0f4;--accent:#1c5ab8;--pass:#126a38;--passback:#e1f3e8;--fail:#b3261e;--failback:#fbe6e4;
        --unknown:#7a5000;--unknownback:#fbf0d5;--used:#3f7fd6}
        @media(prefers-color-scheme:dark){:root{--back:#0e1319;--card:#161d26;--text:#e8edf3;--muted:#a3b0bf;--line:#2a3441;
        --soft:#1f2833;--accent:#86b7ff;--pass:#6bd798;--passback:#12321f;--fail:#ff9187;--failback:#3d1917;
        --unknown:#f2c368;--unknownback:#382a0c;--used:#5b97e8}}
        *{box-sizing:border-box}
        html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
        body{margin:0 auto;padding:0 clamp(14px,3vw,40px) 48px;max-width:1280px;background:var(--back);color:var(--text);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        h1,h2,h3,p,ul{margin:0}
        h1{font-size:clamp(22px,3vw,30px);line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
        h2{font-size:19px;line-height:1.3;margin:44px 0 14px;letter-spacing:-.005em}
        h3{font-size:15px;line-height:1.4;margin:22px 0 8px}
        a{color:var(--accent)}
        :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        .skip{position:absolute;left:-999px;top:0;padding:8px 14px;background:var(--card);z-index:9}
        .skip:focus{left:8px;top:8px}
        header{padding:34px 0 16px;border-bottom:1px solid var(--line)}
        header p{color:var(--muted);margin-top:6px;overflow-wrap:anywhere}
        header nav ul{display:flex;flex-wrap:wrap;gap:6px 18px;list-style:none;padding:0;margin-top:16px;font-size:14px}
        header nav a{text-decoration:none;display:inline-block;padding:3px 0}
        header nav a:hover{text-decoration:underline}
        .title{display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px}
        .badge{display:inline-block;border-radius:99px;padding:2px 11px;font-size:13px;font-weight:650;white-space:nowrap}
        .badge.pass{color:var(--pass);background:var(--passback)}
        .badge.fail{color:var(--fail);background:var(--failback)}
        .badge.unknown{color:var(--unknown);background:var(--unknownback)}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:16px}
        .card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;min-width:0}
        .card.fail{border-color:color-mix(in srgb,var(--fail) 45%,var(--line))}
        .card .title{justify-content:space-between}
        .card h3{margin:0;font-size:16px;overflow-wrap:anywhere}
        .card>p{color:var(--muted);font-size:14px;margin-top:6px;overflow-wrap:anywhere}
        .limits{list-style:none;padding:0;margin-top:12px;display:grid;gap:10px}
        .limits li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:1px 10px;font-size:13px}
        .limits .name{font-weight:600;overflow-wrap:anywhere}
        .limits .share{text-align:right;color:var(--muted);font-variant-numeric:tabular-nums}
        .limits li.fail .share{color:var(--fail);font-weight:650}
        .limits li.unknown .share{color:var(--unknown)}
        .limits .numbers{grid-column:1/3;color:var(--muted);font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
        .bar{grid-column:1/3;display:block;width:100%;height:8px;border-radius:4px;background:var(--soft);margin:2px 0}
        li.unknown .bar{outline:1px dashed var(--muted);outline-offset:-1px;background:none}
        .bar .used{fill:var(--used)}li.fail .bar .used,.bar .over{fill:var(--fail)}li.fail .bar .used{opacity:.5}
        .bar .mark{fill:var(--card)}
        .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px;position:relative}
        table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
        th,td{padding:7px 14px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
        tr:last-child td{border-bottom:0}
        tbody tr:hover{background:var(--soft)}
        th{font-size:12px;letter-spacing:.04em;color:var(--muted);font-weight:600;white-space:nowrap}
        td{white-space:nowrap}.w{white-space:normal;min-width:15em;overflow-wrap:anywhere}
        .n{text-align:right;white-space:nowrap}
        th button{all:unset;cursor:pointer;white-space:nowrap;border-radius:3px}
        th button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        th button::after{content:"↕";opacity:.4;margin-left:5px;display:inline-block;width:1em;text-align:center}
        th[aria-sort=ascending] button::after{content:"↑";opacity:1}
        th[aria-sort=descending] button::after{content:"↓";opacity:1}
        .good{color:var(--pass)}.bad{color:var(--fail);font-weight:600}.doubtful{color:var(--unknown)}.faint{color:var(--muted)}
        td .bad::before{content:"✕ "}
        section>p,section>ul{margin:8px 0}
        section>ul{padding-left:20px}
        section>ul li{margin:3px 0;overflow-wrap:anywhere}
        .command{display:flex;align-items:flex-start;gap:8px;background:var(--soft);border:1px solid var(--line);
        border-radius:9px;padding:8px;margin:8px 0}
        .command pre{flex:1;min-width:0;margin:0;padding:4px 6px;overflow-x:auto}
        code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
        .copy,.crumbs button,.link{font:inherit;color:var(--accent);cursor:pointer}
        .copy{font-size:13px;border:1px solid var(--line);border-radius:7px;background:var(--card);padding:4px 12px;min-width:5.6em}
        .copy:hover{border-color:var(--accent)}
        .link,.crumbs button{all:unset;cursor:pointer;color:var(--accent);overflow-wrap:anywhere;border-radius:3px}
        .link:hover,.crumbs button:hover{text-decoration:underline}
        .link:focus-visible,.crumbs button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        footer{margin-top:48px;padding-top:14px;border-top:1px solid var(--line);color:var(--muted);font-size:13px;overflow-wrap:anywhere}
        @media(max-width:560px){th,td{padding:6px 10px}#treemap table :is(th,td):nth-child(2){display:none}h2{margin-top:34px}}
        @media(prefers-reduced-motion:reduce){*{animation:none!important;scroll-behavior:auto!important}}
        @media print{:root{--back:#fff;--card:#fff;--text:#000;--muted:#444;--line:#bbb;--soft:#eee;--accent:#000;--pass:#126a38;
        --passback:#fff;--fail:#b3261e;--failback:#fff;--unknown:#7a5000;--unknownback:#fff}
        body{max-width:none;padding:0;font-size:11px}header nav,.copy,.skip,#treemap>.info{display:none}.badge{border:1px solid}
        .cell{animation:none}th button::after{content:none}th,td,.n{white-space:normal;padding:4px 7px}table{font-size:10px}
        .w{min-width:0}
        .card,tr,#treemap{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}
        .bar,.cell,.legend i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

        """#
}
