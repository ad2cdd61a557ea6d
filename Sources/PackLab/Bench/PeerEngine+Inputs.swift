import FoundationEssentials

extension PeerEngine {
    /// What one input of a model is filled with.
    public struct Input: Encodable, Sendable {
        /// Its name.
        public let name: String
        /// Its extents.
        public let shape: [Int]
        /// What its elements are.
        public let fill: Fill

        /// Values for an input of the given name and extents.
        public init(name: String, shape: [Int], fill: Fill) { (self.name, self.shape, self.fill) = (name, shape, fill) }

        /// Writes `[NAME, SHAPE, LIMIT]`.
        public func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(name)
            try list.encode(shape)
            if case .lengths(let lengths) = fill { try list.encode(lengths) } else { try list.encode(fill.limit) }
        }
    }

    /// Values to fill inputs with.
    public enum Fill: Sendable, Equatable {
        /// Random numbers, normally distributed.
        case normal
        /// Random integers from zero up to, not with, a limit of 2 or more.
        case below(Int)
        /// Zero everywhere.
        case zeros
        /// One everywhere.
        case ones
        /// Of each row so many ones, then zeros.
        case lengths([Int])

        /// What the script is told: 0 for normal numbers, -1 for zeros, 1 for ones; lists of lengths it gets themselves.
        var limit: Int {
            switch self {
            case .normal: 0
            case .below(let limit): limit
            case .zeros: -1
            case .ones, .lengths: 1
            }
        }
    }

    /// One input with its very elements.
    public struct Tensor: Encodable, Sendable {
        /// Its name.
        public let name: String
        /// Its extents.
        public let shape: [Int]
        /// NumPy's name of its element type, `<i8`.
        public let type: String
        /// Its elements, row-major.
        public let bytes: [UInt8]

        /// Describes an input.
        public init(name: String, shape: [Int], type: String, bytes: [UInt8]) {
            (self.name, self.shape, self.type, self.bytes) = (name, shape, type, bytes)
        }

        /// Writes `[NAME, SHAPE, TYPE, BASE64]`.
        public func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(name)
            try list.encode(shape)
            try list.encode(type)
            try list.encode(Data(bytes).base64EncodedString())
        }
    }
}
