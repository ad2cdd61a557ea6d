/// The parts of CycloneDX 1.6 (ECMA-424) that a bundle's bill of materials has, in JSON.
struct BOMDocument: Encodable {
    struct Metadata: Encodable {
        struct Tools: Encodable { let components: [Component] }

        let tools: Tools
        let component: Component
    }

    struct Component: Encodable {
        /// Kinds of components, as the specification names them.
        enum Kind: String, Encodable {
            case application, library, file
            case model = "machine-learning-model"
        }

        let type: Kind
        var reference: String?
        let name: String
        var version: String?
        var hashes: [Hash]?
        var licenses: [License]?
        var components: [Component]?
        var pedigree: Pedigree?
        var modelCard: Card?
        var properties: [Property]?

        enum CodingKeys: String, CodingKey {
            case type, name, version, hashes, licenses, components, pedigree, modelCard, properties
            case reference = "bom-ref"
        }
    }

    struct Hash: Encodable {
        let alg = "SHA-256"
        let content: String
    }

    /// An SPDX expression.
    struct License: Encodable { let expression: String }

    struct Property: Encodable {
        let name: String
        let value: String
    }

    /// What a component was made from.
    struct Pedigree: Encodable {
        let ancestors: [Component]
        let notes: String
    }

    struct Card: Encodable {
        struct Parameters: Encodable {
            let task: String
            let modelArchitecture: String
            let inputs: [Format]
            let outputs: [Format]
        }

        struct Format: Encodable { let format: String }

        struct Analysis: Encodable { let performanceMetrics: [Metric] }

        struct Metric: Encodable {
            let type: String
            let value: String
        }

        let modelParameters: Parameters
        var quantitativeAnalysis: Analysis?
    }

    struct Dependency: Encodable {
        let ref: String
        let dependsOn: [String]
    }

    let bomFormat = "CycloneDX"
    let specVersion = "1.6"
    let serialNumber: String
    let version = 1
    let metadata: Metadata
    let components: [Component]
    let dependencies: [Dependency]
}
