/// Why bytes are not a usable plan: the fault, the section or table it is in, and the record.
public struct PlanError: Error, Equatable {
    /// Kinds of fault.
    public enum Kind: UInt8, Sendable {
        /// Shorter than its header, or than the header says.
        case truncated
        /// The first bytes are not those of a plan.
        case notAPlan
        /// Written by a newer `pack`; `record` holds the version found.
        case unknownVersion
        /// The checksum of the tables does not match.
        case damaged
        /// A section lies outside the file or is misaligned.
        case badSection
        /// A record refers to something that does not exist or is not allowed there.
        case badReference
        /// A record holds a number outside of its range.
        case badNumber
        /// A value is used before a step makes it, or made twice.
        case badOrder
    }

    /// What is wrong.
    public var kind: Kind
    /// Index of the section, as `pack_plan_section_index` names them.
    public var section: Int
    /// Index of the record in that section.
    public var record: Int

    /// Describes a fault.
    public init(_ kind: Kind, section: Int = 0, record: Int = 0) {
        self.kind = kind
        self.section = section
        self.record = record
    }
}
