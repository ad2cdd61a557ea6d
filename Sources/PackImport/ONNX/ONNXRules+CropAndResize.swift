import PackCore
import PackGraph

extension ONNXRules {
    /// Rectangles of images, each sampled at as many places: inputs images `[N, C, H, W]`, rectangles y1, x1, y2, x2 `[R, 4]`, where
    /// 0 is the first row or column and 1 the last one, the image of each `[R]`, and the places along both axes `[2]`.
    @Sendable static func cropAndResize(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let images = try operation.required(0)
        let (shape, bounds) = (try importer.shape(images), try importer.shape(try operation.required(1)))
        guard shape.count == 4, bounds.count == 2, bounds[1].constant ?? 4 == 4 else {
            throw ONNXRefusal(
                .invalid, found: "images \(shape), rectangles \(bounds)", expected: "4 axes, 4 numbers a rectangle")
        }
        try importer.expect(try operation.required(2), [bounds[0]])
        let list = try operation.required(3)
        guard let counts = importer.numbers(list) else { throw .unknown("a crop_size", list) }
        guard counts.count == 2, counts.allSatisfy({ (1...1 << 14).contains($0) }) else {
            throw ONNXRefusal(.invalid, found: "crop_size \(counts)", expected: "two numbers from 1 to 16384")
        }
        let mode = try operation.text("mode") ?? "bilinear"
        guard ["bilinear", "nearest"].contains(mode) else {
            throw ONNXRefusal(.invalid, found: "mode \(mode)", expected: "bilinear or nearest")
        }
        var ways: [Places] = []
        for axis in 0..<2 {
            ways.append(try places(&importer, operation, axis, count: counts[axis], isNearest: mode == "nearest"))
        }
        // One line of places down, one across, for each rectangle: the grid has all pairs, across first.
        let size = importer.integers([1, counts[0], counts[1], 1])
        let grid = [1, 0].map { axis in importer.helper("Expand", operation, [ways[axis].relative, size]) }
        let pairs = importer.helper("Concat", operation, grid, ["axis": .int(3)])
        let own = importer.helper(
            "Gather", operation, [images, importer.cast(try operation.required(2), to: .i64, operation)],
            ["axis": .int(0)])
        let sampled = importer.helper(
            "GridSample", operation, [own, pairs],
            [
                "mode": .string(mode == "nearest" ? "nearest" : "linear"), "padding_mode": .string("border"),
                "align_corners": .int(1),
            ])
        let isInside = importer.helper("And", operation, [ways[0].isInside, ways[1].isInside])
        let test = importer.helper(
            "Transpose", operation, [isInside], ["perm": .ints([0, 3, 1, 2])])
        let outside = importer.scalar(try operation.float("extrapolation_value") ?? 0, like: images, operation)
        importer.emit("Where", operation, [test, sampled, outside])
    }

    /// Places along one axis: for GridSample, and whether they lie in the image; `[R, places, 1, 1]` or `[R, 1, places, 1]`.
    private struct Places {
        var relative: String
        var isInside: String
    }

    private static func places(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ axis: Int, count: Int, isNearest: Bool
    ) throws(ONNXRefusal) -> Places {
        let rectangles = importer.cast(try operation.required(1), to: .f32, operation)
        let extent = importer.cast(
            try importer.extent(of: try operation.required(0), axis: axis + 2, operation), to: .f32, operation)
        let one = importer.scalar(1, like: nil, operation)
        let last = importer.helper("Sub", operation, [extent, one])
        var ends: [String] = []
        for edge in [axis, axis + 2] {
            let bound = importer.helper(
                "Gather", operation, [rectangles, importer.integers([edge])], ["axis": .int(1)])
            ends.append(importer.helper("Mul", operation, [bound, last]))
        }
        var place: String
        if count > 1 {
            let length = importer.helper("Sub", operation, [ends[1], ends[0]])
            let step = importer.helper(
                "Div", operation, [length, importer.scalar(Float(count - 1), like: nil, operation)])
            let numbers = importer.floats((0..<count).map(Float.init), operation)
            let rows = importer.helper("Mul", operation, [step, numbers])
            let walked = importer.helper("Add", operation, [ends[0], rows])
            // The last place is the edge itself, which lies in the image if it is the last row or column.
            let isLast = importer.helper(
                "Equal", operation,
                [importer.integers(Array(0..<count)), importer.integers([count - 1], shape: [])])
            place = importer.helper("Where", operation, [isLast, ends[1], walked])
        } else {
            let sum = importer.helper("Add", operation, ends)
            place = importer.helper("Mul", operation, [sum, importer.scalar(0.5, like: nil, operation)])
        }
        let zero = importer.scalar(0, like: nil, operation)
        let low = importer.helper("GreaterOrEqual", operation, [place, zero])
        let high = importer.helper("LessOrEqual", operation, [place, last])
        let isInside = importer.helper("And", operation, [low, high])
        if isNearest {
            let up = importer.helper("Add", operation, [place, importer.scalar(0.5, like: nil, operation)])
            place = importer.helper("Floor", operation, [up])
        }
        // −1 is the first, 1 the last.
        let half = importer.helper("Max", operation, [last, one])
        let share = importer.helper("Div", operation, [place, half])
        let doubled = importer.helper("Add", operation, [share, share])
        let relative = importer.helper("Sub", operation, [doubled, one])
        let axes = importer.integers(axis == 0 ? [2, 3] : [1, 3])
        return Places(
            relative: importer.helper("Unsqueeze", operation, [relative, axes]),
            isInside: importer.helper("Unsqueeze", operation, [isInside, axes]))
    }
}
