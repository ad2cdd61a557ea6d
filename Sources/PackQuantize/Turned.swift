/// A matrix [rows, columns] as [columns, rows], both row-major.
func turned(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: values.count) { result, count in
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
        }
        count = values.count
    }
}
