/// Something about compiled files that keeps them from running on a target, or raises a doubt.
public struct BinaryFinding: Hashable, Sendable {
    /// What it is.
    public var kind: Kind
    /// Index of the package; `nil` for files of none.
    public var package: Int?
    /// Index of the file that it is about, of several the one that says most.
    public var file: Int
    /// The number of files.
    public var count: Int
    /// What was found there: `glibc 2.34`, `arm64`, `libfoo.so.1`.
    public var found: String
    /// What would do; `nil` where nothing is wanted.
    public var expected: String?
    /// Whether it is only a doubt.
    public var isDoubt: Bool

    /// What can be said.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Files are for another processor, and the package has none for the target's.
        case wrongArchitecture
        /// Files need musl where there is glibc, or the other way round.
        case wrongLibC
        /// Symbols of a later glibc are needed.
        case glibcTooNew
        /// Extension modules are for another Python.
        case wrongPython
        /// A needed library is provided by nothing that is known, or only by some platforms.
        case libraryMissing
        /// A stack that can be executed is asked for; glibc 2.41 and later refuse to load such libraries while a
        /// program runs.
        case executableStack
        /// A level of x86-64 is needed that not every processor has.
        case instructionSet
        /// A library that nothing needs.
        case unneeded
        /// A file that breaks rules of its format.
        case damaged
    }

    package init(
        kind: Kind, package: Int? = nil, file: Int, count: Int, found: String, expected: String? = nil, isDoubt: Bool
    ) {
        self.kind = kind
        self.package = package
        self.file = file
        self.count = count
        self.found = found
        self.expected = expected
        self.isDoubt = isDoubt
    }
}
