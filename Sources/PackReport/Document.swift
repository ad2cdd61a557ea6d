/// A report for people, before it is laid out. Texts in it are plain: the renderers escape them.
public struct Document: Sendable {
    /// What it consists of, in order.
    public var blocks: [Block]

    /// A part of a report.
    public enum Block: Sendable {
        /// The title of what follows.
        case heading(String)
        /// Text in one or several styles, wrapped to the width at hand.
        case paragraph([Text])
        /// Rows and columns.
        case table(Table)
        /// One line an item.
        case list([[Text]])
        /// A command to run, never wrapped.
        case command(String)
        /// A drawing, in pages alone.
        case chart(Chart)
    }

    /// Makes a document.
    public init(_ blocks: [Block] = []) { self.blocks = blocks }
}

/// Text in one style.
public struct Text: Sendable, ExpressibleByStringLiteral {
    /// The text, not escaped.
    public var text: String
    /// How it is shown, where that can be.
    public var style: Style

    /// What text stands out for.
    public enum Style: Sendable {
        case plain
        case strong
        case good
        case bad
        case doubtful
        case faint
    }

    /// Makes a text.
    public init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }

    /// Plain text.
    public init(stringLiteral value: String) { self.init(value) }
}

/// Rows and columns.
public struct Table: Sendable {
    /// Titles and shapes of the columns.
    public var columns: [Column]
    /// A cell for each column in every row.
    public var rows: [[Text]]

    /// A column.
    public struct Column: Sendable {
        /// What stands above it.
        public var title: String
        /// The side that its cells lean to.
        public var alignment: Alignment
        /// What becomes of its cells when the table is too wide.
        public var overflow: Overflow

        /// Makes a column.
        public init(_ title: String, _ alignment: Alignment = .left, overflow: Overflow = .keep) {
            self.title = title
            self.alignment = alignment
            self.overflow = overflow
        }
    }

    /// A side.
    public enum Alignment: Sendable {
        case left
        case right
    }

    /// What becomes of cells that are too wide.
    public enum Overflow: Sendable {
        /// They stay as wide as they are.
        case keep
        /// Their middle is left out.
        case cut
        /// They go on in further lines.
        case wrap
    }

    /// Makes a table.
    public init(_ columns: [Column], rows: [[Text]] = []) {
        self.columns = columns
        self.rows = rows
    }
}
