/// What a Python file imports, as it stands in its source.
package struct PythonImports: Hashable, Sendable {
    /// An import of a module, or of names from one.
    package struct Import: Hashable, Sendable {
        /// The module, `a.b`; empty in `from . import c`.
        package var module: String
        /// The dots before it.
        package var level: Int
        /// The names, `*` for all; empty for `import a.b`.
        package var names: [String]
        /// The line, from 1.
        package var line: Int
        /// Whether it stands in a function, a condition or a `try`.
        package var isConditional: Bool
    }

    /// A call that imports a module by a name that is known only while the program runs, or looks for plugins.
    package struct Dynamic: Hashable, Sendable {
        /// What is called: `import_module`, `__import__`, `entry_points`.
        package var call: String
        /// The line, from 1.
        package var line: Int
        /// The group of plugins, where it is written there.
        package var group: String?
    }

    /// The imports in order.
    package var imports: [Import] = []
    /// The calls in order.
    package var dynamic: [Dynamic] = []
    /// Whether brackets are open at its end, so that imports may have been missed.
    package var isBroken = false

    /// The most imports, names of one, and calls that are taken.
    package static let limit = 20_000

    /// Reads a source.
    package init(_ bytes: UnsafeRawBufferPointer) {
        var reader = PythonImportReader(bytes)
        reader.read()
        self = reader.result
        isBroken = reader.lexer.depth > 0
    }

    init() {}
}

/// Reads imports from the tokens of a file.
struct PythonImportReader {
    var lexer: PythonLexer
    var result = PythonImports()
    private var token = PythonLexer.Token.newline
    private var isStatementStart = true
    /// The indentation of an `if TYPE_CHECKING:`; what is indented further is for type checkers only.
    private var skippedBelow: Int?
    /// Whether what follows on the same line is skipped too.
    private var skipsLine = false

    init(_ bytes: UnsafeRawBufferPointer) { lexer = PythonLexer(bytes) }

    mutating func read() {
        advance()
        while token != .end {
            if isStatementStart { beginStatement() } else { inspect() }
        }
    }

    private mutating func advance() { token = lexer.next() }

    private func isSymbol(_ byte: UInt8) -> Bool { token == .symbol(byte) }

    private func isWord(_ word: StaticString) -> Bool {
        if case .name(let range) = token { lexer.isWord(range, word) } else { false }
    }

    private mutating func beginStatement() {
        isStatementStart = false
        if let column = skippedBelow, !skipsLine, lexer.indentation <= column { skippedBelow = nil }
        if skippedBelow != nil { return inspect() }
        if isWord("if") || isWord("elif") { return readCondition() }
        if isWord("from") { return readFrom() }
        if isWord("import") { return readImport() }
        inspect()
    }

    /// Looks at a token within a statement.
    private mutating func inspect() {
        switch token {
        case .newline:
            isStatementStart = true
            skipsLine = false
            advance()
        case .symbol(UInt8(ascii: ";")), .symbol(UInt8(ascii: ":")):
            isStatementStart = lexer.depth == 0
            if isStatementStart { advance() } else { token = lexer.nextOfStatement() }
        case .name(let range) where skippedBelow == nil: readCall(range)
        // What is for type checkers only is passed over, and a name must be passed by itself.
        case .name: advance()
        default: token = lexer.nextOfStatement()
        }
    }

    /// `if TYPE_CHECKING:`, `if typing.TYPE_CHECKING:`.
    private mutating func readCondition() {
        let column = lexer.indentation
        advance()
        var isForCheckers = false
        while case .name(let range) = token {
            isForCheckers = lexer.isWord(range, "TYPE_CHECKING")
            if isImporting(range) { return readCall(range) }
            advance()
            guard isSymbol(UInt8(ascii: ".")) else { break }
            advance()
            isForCheckers = false
        }
        if isForCheckers, isSymbol(UInt8(ascii: ":")) {
            skippedBelow = column
            skipsLine = true
        }
    }

    /// `a.b.c`; empty if there is none.
    private mutating func readDotted() -> String {
        var name = ""
        while case .name(let range) = token, name.utf8.count < 1024 {
            name += lexer.text(range)
            advance()
            guard isSymbol(UInt8(ascii: ".")) else { break }
            name += "."
            advance()
        }
        return name
    }

    private mutating func skipAlias() {
        guard isWord("as") else { return }
        advance()
        if case .name = token { advance() }
    }

    private mutating func add(_ module: String, level: Int, names: [String], line: Int) {
        guard result.imports.count < PythonImports.limit else { return }
        result.imports.append(
            PythonImports.Import(
                module: module, level: level, names: names, line: line, isConditional: lexer.indentation > 0))
    }

    private mutating func readImport() {
        let line = lexer.line
        repeat {
            advance()
            let name = readDotted()
            if !name.isEmpty { add(name, level: 0, names: [], line: line) }
            skipAlias()
        } while isSymbol(UInt8(ascii: ","))
    }

    private mutating func readFrom() {
        let line = lexer.line
        advance()
        var level = 0
        while isSymbol(UInt8(ascii: ".")) {
            level += 1
            advance()
        }
        // `from .import x` has no module.
        let module = isWord("import") ? "" : readDotted()
        guard isWord("import"), level > 0 || !module.isEmpty else { return }
        advance()
        var names: [String] = []
        if isSymbol(UInt8(ascii: "(")) { advance() }
        while names.count < PythonImports.limit {
            if isSymbol(UInt8(ascii: "*")) {
                names.append("*")
                advance()
            } else if case .name(let range) = token {
                names.append(lexer.text(range))
                advance()
            } else {
                break
            }
            skipAlias()
            guard isSymbol(UInt8(ascii: ",")) else { break }
            advance()
        }
        if isSymbol(UInt8(ascii: ")")) { advance() }
        add(module, level: level, names: names, line: line)
    }

    /// Calls that import: `import_module("a")` and `__import__("a")` with a literal are imports, else doubts.
    private mutating func readCall(_ range: Range<Int>) {
        let line = lexer.line
        guard isImporting(range) else {
            token = lexer.nextOfStatement()
            return
        }
        let isPlugins = isWord("entry_points") || isWord("iter_entry_points")
        advance()
        guard isSymbol(UInt8(ascii: "(")) else { return }
        advance()
        if isPlugins { return readPlugins(range, line) }
        guard case .string(let content) = token else { return addDynamic(range, line) }
        advance()
        guard let content, isSymbol(UInt8(ascii: ",")) || isSymbol(UInt8(ascii: ")")) else {
            return addDynamic(range, line)
        }
        let name = lexer.text(content)
        let level = name.utf8.prefix { $0 == UInt8(ascii: ".") }.count
        if level > 0, !isRelativeToOwn() { return addDynamic(range, line) }
        add(String(name.dropFirst(level)), level: level, names: [], line: line)
    }

    private func isImporting(_ range: Range<Int>) -> Bool {
        lexer.isWord(range, "import_module") || lexer.isWord(range, "__import__") || lexer.isWord(range, "entry_points")
            || lexer.isWord(range, "iter_entry_points")
    }

    /// Whether the second argument is the file's own package.
    private mutating func isRelativeToOwn() -> Bool {
        guard isSymbol(UInt8(ascii: ",")) else { return false }
        advance()
        if isWord("package") {
            advance()
            if isSymbol(UInt8(ascii: "=")) { advance() }
        }
        return isWord("__package__") || isWord("__name__")
    }

    private mutating func readPlugins(_ range: Range<Int>, _ line: Int) {
        if isWord("group") {
            advance()
            if isSymbol(UInt8(ascii: "=")) { advance() }
        }
        var group: String?
        if case .string(let content?) = token { group = lexer.text(content) }
        addDynamic(range, line, group: group)
    }

    private mutating func addDynamic(_ range: Range<Int>, _ line: Int, group: String? = nil) {
        guard result.dynamic.count < PythonImports.limit else { return }
        result.dynamic.append(PythonImports.Dynamic(call: lexer.text(range), line: line, group: group))
    }
}
