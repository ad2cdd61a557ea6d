import CPackKernels
import PackCore

/// Windows of a convolution's results of which only the highest value is written; they do not overlap. In attribute words: rows and
/// columns of a window, and the rows and columns from one to the next.
struct ConvPool {
    let rows: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int

    /// Reads the words from `first` on; nil where a step has none.
    init?(_ step: Step, from first: Int) throws(OperatorError) {
        guard step.attributeCount > first else { return nil }
        rows = try Window.bounded(step, first, 1)
        columns = try Window.bounded(step, first + 1, 1)
        rowStride = try Window.bounded(step, first + 2, rows)
        columnStride = try Window.bounded(step, first + 3, columns)
        // Rows of a band are cut in as many parts as the stride has columns.
        guard try step.attribute(4) == 0, rowStride <= 64, columnStride <= 64 else { throw .attribute }
    }

    /// How many windows results [height, width] have.
    func rows(_ height: Int) -> Int { height < rows ? 0 : (height - rows) / rowStride + 1 }
    func columns(_ width: Int) -> Int { width < columns ? 0 : (width - columns) / columnStride + 1 }

    /// Checks that the output has a value for each window.
    func check(_ window: Window, _ output: Tensor) throws(OperatorError) {
        guard output.rank == 4, output.extent(2) == rows(window.axes[1].output),
            output.extent(3) == columns(window.axes[2].output)
        else { throw .shape }
    }
}
