import PackReport

extension Samples {
    /// A page with everything that a page can hold.
    static var page: Page {
        Page(
            title: "sentiment-api", subtitle: "DistilBERT for sequence classification · 66 M parameters · 41 packages",
            footer: "pack 1.2.0 · profiles of 2026-11-23 · MB is 1,000,000 B, MiB is 1,048,576 B", outcome: .fails,
            cards: cards,
            sections: [
                Page.Section(
                    "Limits", [.heading("Limits of lambda, SLIM being pack slim --quantize int8"), .table(limits)]),
                Page.Section(
                    "Findings",
                    [
                        .list([
                            [
                                Text("torch 2.9.0", .strong),
                                " holds CUDA libraries that a CPU target never loads (1.9 GB)",
                            ],
                            ["pytorch_model.bin holds weights that stand beside it as safetensors (268 MB)"],
                            [Text("tokenizers needs glibc 2.38, the platform has 2.34", .bad)],
                        ])
                    ]),
                Page.Section(
                    "Fixes",
                    [
                        .paragraph(["The least loss of accuracy first; sizes are predicted within 2 %."]),
                        .table(fixes),
                        .command("pack slim model --target lambda --quantize int8 --output sentiment-api.zip"),
                        .command("pip install --target site-packages --index-url cpu torch==2.9.0"),
                    ]),
                Page.Section("Packages", [.table(packages)]),
            ], treemap: treemap)
    }

    private static let cards: [Page.Card] = [
        .init(
            name: "lambda", outcome: .fail, words: "DOES NOT FIT",
            reason: "package.unpacked 3,212,000,000 B of 262,144,000 B (250 MiB), 2,949,856,000 B over",
            limits: [
                .init(
                    name: "package.unpacked", use: 12.25, used: "3.21 GB", allowed: "250 MiB", outcome: .fail),
                .init(name: "package.zipped", use: 1.18, used: "61.9 MB", allowed: "50 MiB", outcome: .fail),
                .init(name: "memory.peak", use: nil, used: "not measured", allowed: "10 GiB", outcome: .unknown),
                .init(name: "startup.time", use: 0.42, used: "4.2 s", allowed: "10 s", outcome: .pass),
            ]),
        .init(
            name: "cloud-run", outcome: .pass, words: "FITS", reason: "memory.peak 1.4 GB of 32 GiB, 33 GB spare",
            limits: [
                .init(name: "memory.peak", use: 0.041, used: "1.4 GB", allowed: "32 GiB", outcome: .pass),
                .init(name: "startup.time", use: 0.0175, used: "4.2 s", allowed: "240 s", outcome: .pass),
                .init(name: "libc", use: nil, used: "glibc 2.38", allowed: "any, brought along", outcome: .pass),
            ]),
        .init(
            name: "lambda-image", outcome: .unknown, words: "UNKNOWN", reason: "peak memory was not measured",
            limits: [
                .init(name: "image.size", use: 0.32, used: "3.4 GB", allowed: "10 GiB", outcome: .pass),
                .init(name: "memory.peak", use: nil, used: "not measured", allowed: "10 GiB", outcome: .unknown),
            ]),
    ]

    private static let limits = Table(
        [
            .init("LIMIT"), .init("ALLOWED", .right), .init("AS IT IS", .right), .init("SLIM", .right),
            .init("SPARE", .right), .init("KNOWN"), .init("NOTE", overflow: .wrap),
        ],
        rows: [
            [
                "package.zipped", "50 MiB", Text("59 MiB", .bad), Text("48 MiB", .good), "2 MiB", "computed",
                Text("lifted by uploading through a bucket", .faint),
            ],
            [
                "package.unpacked", "250 MiB", Text("2.99 GiB", .bad), Text("66 MiB", .good), "184 MiB", "measured", "",
            ],
            [
                "memory.peak", "10 GiB", Text("unknown", .doubtful), Text("112 MiB", .good), "9.89 GiB", "computed",
                Text("fits the default of 128 MiB", .faint),
            ],
            ["startup.time", "10 s", Text("4.2 s", .good), Text("310 ms", .good), "9.69 s", "assumed", ""],
        ])

    private static let fixes = Table(
        [
            .init("PACK SLIM"), .init("UNPACKED", .right), .init("SAVES", .right), .init("THEN FITS", overflow: .wrap),
        ],
        rows: [
            ["--quantize none", "268 MB", "2.94 GB", Text("cloud-run, lambda-image", .good)],
            ["--quantize fp16", "134 MB", "3.08 GB", Text("all", .good)],
            ["--quantize int8", "69 MB", "3.14 GB", Text("all", .good)],
        ])

    private static let packages = Table(
        [
            .init("PACKAGE"), .init("VERSION"), .init("UNPACKED", .right), .init("ZIPPED", .right), .init("IMPORTED"),
            .init("WHY", overflow: .wrap),
        ],
        rows: [
            ["torch", "2.9.0", "2.41 GB", "812 MB", Text("yes", .good), "sentiment-api"],
            ["transformers", "4.57.1", "51.2 MB", "11.9 MB", Text("yes", .good), "sentiment-api"],
            ["numpy", "2.3.4", "64 MB", "16.6 MB", Text("yes", .good), "sentiment-api › transformers"],
            ["sympy", "1.14.0", "29.1 MB", "6.3 MB", Text("no", .doubtful), "sentiment-api › torch"],
            ["tokenizers", "0.22.1", "9.8 MB", "3.3 MB", Text("yes", .good), "sentiment-api › transformers"],
            ["typing-extensions", "4.15.0", "179 KB", "44.6 KB", Text("yes", .good), "sentiment-api › torch"],
        ])

    private static var treemap: TreemapNode {
        TreemapNode(
            "sentiment-api", kind: .folder,
            children: [
                TreemapNode(
                    "torch", kind: .package, note: "2.9.0, imported",
                    children: [
                        TreemapNode(
                            "lib", kind: .folder,
                            children: [
                                .init(
                                    "libtorch_cuda.so", bytes: 1_240_000_000, kind: .unused,
                                    note: "no GPU on this platform"),
                                .init("libtorch_cpu.so", bytes: 430_000_000, kind: .library),
                                .init(
                                    "libcudnn.so.9", bytes: 520_000_000, kind: .unused, note: "no GPU on this platform"),
                                .init("libgomp.so.1", bytes: 250_000, kind: .library),
                            ]),
                        TreemapNode("test", bytes: 61_000_000, kind: .unused, note: "tests"),
                        TreemapNode(
                            "python", kind: .folder,
                            children: (1...400).map { (number: Int) in
                                .init("m\(number).py", bytes: 900_000 / number + 2_000 * (number % 7), kind: .code)
                            }),
                    ]),
                TreemapNode(
                    "model", kind: .folder,
                    children: [
                        TreemapNode(
                            "model.safetensors", bytes: 267_900_000, kind: .weights,
                            children: [
                                .init("embeddings.word_embeddings.weight", bytes: 93_763_584, kind: .tensor)
                            ]
                                + (0..<6).flatMap { layer in
                                    ["q_lin", "k_lin", "v_lin", "out_lin"].map {
                                        .init("layer.\(layer).attention.\($0).weight", bytes: 2_359_296, kind: .tensor)
                                    }
                                        + ["lin1", "lin2"].map {
                                            .init("layer.\(layer).ffn.\($0).weight", bytes: 9_437_184, kind: .tensor)
                                        }
                                }),
                        TreemapNode("pytorch_model.bin", bytes: 267_950_000, kind: .unused, note: "a second copy"),
                        TreemapNode("tokenizer.json", bytes: 711_000, kind: .data),
                    ]),
                TreemapNode("numpy", bytes: 64_000_000, kind: .package, note: "2.3.4"),
                TreemapNode("transformers", bytes: 51_200_000, kind: .package, note: "4.57.1"),
                TreemapNode("sympy", bytes: 29_100_000, kind: .package, note: "1.14.0, not imported"),
                TreemapNode("tokenizers", bytes: 9_800_000, kind: .package),
                TreemapNode("app.py", bytes: 3_100, kind: .code),
            ])
    }

    /// A page where every text is hostile.
    static var hostilePage: Page {
        let all = hostile + ["\u{2028}<!--<script>", "&lt;b&gt;"]
        let rows = all.map { [Text($0), Text($0, .bad)] }
        let table = Table([.init(all[2]), .init(all[5])], rows: rows)
        let cards = all.map { text in
            Page.Card(
                name: text, outcome: .fail, words: text, reason: text,
                limits: [-1, .nan, .infinity, 1e300, 0].map {
                    .init(name: text, use: $0, used: text, allowed: text, outcome: .unknown)
                })
        }
        var blocks: [Document.Block] = [.table(table), .list(all.map { [Text($0)] })]
        blocks += all.map { .command($0) }
        blocks += all.map { .heading($0) }
        return Page(
            title: all[2], subtitle: all.joined(separator: " "), footer: all[2], outcome: .couldNotJudge, cards: cards,
            sections: [Page.Section(all[2], blocks)],
            treemap: TreemapNode(
                all[2], kind: .folder,
                children: all.enumerated().map {
                    TreemapNode($1, bytes: ($0 + 1) * 1_000, kind: .code, note: $1, children: [.init($1, kind: .other)])
                }))
    }
}
