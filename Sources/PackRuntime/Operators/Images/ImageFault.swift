/// What is wrong with the bytes of an image file.
public enum ImageFault: Int, Sendable, CaseIterable {
    case endsEarly = 1
    case unknownFormat
    case badHeader
    case badSize
    case tooLarge
    case sizeBeyondData
    case unsupportedKind
    case unsupportedCompression
    case unsupportedDepth
    case badChecksum
    case badPrefixCode
    case badSymbol
    case badDistance
    case tooMuchData
    case tooLittleData
    case badNumber
    case badFilter
    case missingPart
    case badMarker
    case badTable
    case badScan
    case badOffset

    /// What stands in the file.
    public var found: StaticString {
        switch self {
        case .endsEarly: "the end of the data"
        case .unknownFormat: "an unknown signature"
        case .badHeader: "a field that the header cannot have"
        case .badSize: "a width or height of 0"
        case .tooLarge: "an image of more pixels than are decoded"
        case .sizeBeyondData: "a size for which the file is too short"
        case .unsupportedKind: "a kind of image that is not decoded"
        case .unsupportedCompression: "a compression that is not decoded"
        case .unsupportedDepth: "a number of bits per sample that is not decoded"
        case .badChecksum: "bytes that differ from their checksum"
        case .badPrefixCode: "code lengths that form no prefix code"
        case .badSymbol: "bits that are no code, or a code without a meaning"
        case .badDistance: "a copy from before the first byte"
        case .tooMuchData: "more data than the image has"
        case .tooLittleData: "less data than the image has"
        case .badNumber: "a character that is no digit, or a sample above the maximum"
        case .badFilter: "an unknown filter of a row"
        case .missingPart: "no header, table or data where the image needs it"
        case .badMarker: "a marker that cannot stand here"
        case .badTable: "a table that is not well formed"
        case .badScan: "a scan that does not suit the image"
        case .badOffset: "an offset or a length beyond the file"
        }
    }

    /// What should stand there.
    public var expected: StaticString {
        switch self {
        case .endsEarly, .sizeBeyondData: "a whole file"
        case .unknownFormat: "PNM, BMP, PNG, JPEG, TIFF, WebP or JPEG 2000"
        case .tooLarge: "at most 67108864 pixels, none of which needs more than its share of memory"
        case .badSize: "at least one pixel"
        case .unsupportedKind, .unsupportedCompression, .unsupportedDepth: "one of the kinds that the README lists"
        default: "data as the format's specification has it"
        }
    }
}

/// Why an image cannot be decoded.
public struct ImageError: Error, Equatable {
    /// What is wrong.
    public let fault: ImageFault
    /// The byte of the file at which that was seen.
    public let offset: Int

    /// Describes a fault.
    public init(_ fault: ImageFault, at offset: Int) {
        self.fault = fault
        self.offset = offset
    }
}
