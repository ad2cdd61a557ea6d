import PackIO

/// The bill of materials of a bundle: the model with a model card and what it was made from, and the runtime with what is linked into it.
/// CycloneDX 1.6, compact JSON. Nothing in it is random or tells the time: the same bundle has the same one.
public struct MLBOM: Sendable {
    /// What a manifest does not say of a model.
    public struct Card: Sendable {
        /// Its name.
        public var name: String
        /// What it is for, in words.
        public var task: String
        /// What it takes: `text`, or tensors as `NAME TYPE[SHAPE]`.
        public var inputs: [String]
        /// What it answers, in the same way.
        public var outputs: [String]

        /// Describes a model.
        public init(name: String, task: String, inputs: [String], outputs: [String]) {
            (self.name, self.task, self.inputs, self.outputs) = (name, task, inputs, outputs)
        }
    }

    /// Its name in bundles.
    public static let fileName = "bom.cdx.json"
    /// Its media type (CycloneDX, "Recognized media types").
    public static let mediaType = "application/vnd.cyclonedx+json; version=1.6"

    private let manifest: Manifest
    private let card: Card

    /// - Parameter manifest: What is known of the bundle; its files are the program and the plan.
    public init(_ manifest: Manifest, _ card: Card) { (self.manifest, self.card) = (manifest, card) }

    /// The file's bytes.
    public func encoded() throws(BundleError) -> [UInt8] { try document.json() + [UInt8(ascii: "\n")] }

    private typealias Component = BOMDocument.Component

    private var document: BOMDocument {
        BOMDocument(
            serialNumber: serialNumber,
            metadata: .init(
                tools: .init(components: [Component(type: .application, name: "pack", version: manifest.packVersion)]),
                component: Component(
                    type: .application, reference: "bundle", name: card.name,
                    properties: [
                        .init(name: "pack:target", value: manifest.target),
                        .init(name: "pack:arch", value: manifest.runtime.arch),
                    ])),
            components: [
                model,
                Component(
                    type: .application, reference: "runtime", name: "pack-run", version: manifest.packVersion,
                    hashes: hashes("bootstrap")),
                Component(
                    type: .library, reference: "musl", name: "musl", licenses: [.init(expression: "MIT")]),
                Component(
                    type: .library, reference: "swift", name: "Swift standard library",
                    licenses: [.init(expression: "Apache-2.0 WITH Swift-exception")]),
            ],
            dependencies: [
                .init(ref: "bundle", dependsOn: ["model", "runtime"]),
                .init(ref: "runtime", dependsOn: ["musl", "swift"]),
            ])
    }

    private var model: Component {
        let counts = Dictionary(grouping: manifest.weights.values, by: { $0 }).mapValues(\.count)
        let weights = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return Component(
            type: .model, reference: "model", name: card.name, hashes: hashes("model.pack"),
            pedigree: .init(
                ancestors: [Component(type: .model, name: card.name, components: manifest.model.files.map(file))],
                notes: "graph rewritten, weights stored as \(weights.isEmpty ? "f32" : weights)"),
            modelCard: .init(
                modelParameters: .init(
                    task: card.task, modelArchitecture: manifest.model.architecture,
                    inputs: card.inputs.map { .init(format: $0) }, outputs: card.outputs.map { .init(format: $0) }),
                quantitativeAnalysis: manifest.accuracy.map(analysis)),
            properties: [.init(name: "pack:parameters", value: "\(manifest.model.parameters)")])
    }

    /// The metrics compare with the answers of the model that this one was made from.
    private func analysis(_ accuracy: Manifest.Accuracy) -> BOMDocument.Card.Analysis {
        let name = "\(accuracy.metric) with the original's answers over \(accuracy.texts) samples"
        return .init(performanceMetrics: [
            .init(type: "smallest \(name)", value: "\(accuracy.smallest)"),
            .init(type: "mean \(name)", value: "\(accuracy.mean)"),
        ])
    }

    private func file(_ file: Manifest.File) -> Component {
        Component(type: .file, name: file.name, hashes: [.init(content: file.sha256)])
    }

    private func hashes(_ name: String) -> [BOMDocument.Hash]? {
        manifest.files.first { $0.name == name }.map { [.init(content: $0.sha256)] }
    }

    /// A UUID of version 8 (RFC 9562, 5.8) from the digests of all files.
    private var serialNumber: String {
        let names = (manifest.model.files + manifest.files).flatMap { [$0.name, $0.sha256] }
        let text = ([manifest.packVersion, manifest.target, card.name] + names).joined(separator: "\n")
        var bytes = Array(SHA256Digest(of: Array(text.utf8)).bytes.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef")
        var uuid = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { uuid += "-" }
            uuid += String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }
        return "urn:uuid:" + uuid
    }
}
