import CPackKernels
import PackBundle
import PackCore
import PackIO
import PackPlanner
import PackReport

/// A plan's tables. JSON: `pack.inspect.plan/1`.
struct PlanInspection {
    private let path: String
    private let plan: PlanView
    private let image: PlanImage

    /// - Throws: A refusal that names the section and record at fault.
    init(_ path: String) throws {
        self.path = path
        image = try PlanSource.load(path)
        do throws(PlanError) { plan = try PlanView(image.bytes) } catch {
            throw Refusal(facts: RuntimeFacts.facts(.plan(error), instructionSet: nil))
        }
    }

    /// Whether a file is a plan or a bundle, by its first bytes, or a folder has a plan.
    static func suits(_ path: String) -> Bool {
        if (try? FileContents.kind(of: path + "/model.pack")) == .regular { return true }
        guard let file = try? MappedFile(path: path) else { return false }
        return file.withBytes { $0.starts(with: "PACKPLAN".utf8) } || BundleReader.isBundle(path)
    }

    var document: Document {
        var facts = Table([.init(""), .init("", overflow: .wrap)])
        facts.rows = [
            ["task", Text("\(plan.task)")],
            ["longest input", Text("\(plan.maximumTokens) tokens")],
            ["inputs", Text(plan.inputs.map { describe($0) }.joined(separator: ", "))],
            ["outputs", Text(plan.outputs.map { describe($0) }.joined(separator: ", "))],
            ["labels", Text(plan.labels.map { text($0) }.joined(separator: ", "))],
            ["file", Text(NumberText.exactBytes(plan.bytes.count))],
            ["tokenizer", Text(NumberText.exactBytes(plan.tokenizer.count))],
            ["weights", Text(weights)],
        ].filter { !$0[1].text.isEmpty }
        return Document([
            .paragraph([Text(path, .strong)]), .table(facts), .heading("Steps"),
            .list(plan.steps.map { [Text(line($0))] }),
        ])
    }

    private var weights: String {
        bytesByType.sorted { $0.key < $1.key }.map { "\($0.key) \(NumberText.exactBytes($0.value))" }
            .joined(separator: ", ")
    }

    private var bytesByType: [String: Int] {
        plan.values.filter { UInt32($0.kind) == PACK_PLAN_WEIGHT.rawValue }.reduce(into: [:]) { sums, value in
            sums["\(DType(rawValue: value.dtype)?.name ?? "?")", default: 0] += Int(value.data_bytes)
        }
    }

    private func text(_ range: pack_plan_string) -> String { String(decoding: plan.string(range), as: UTF8.self) }

    private func operatorName(_ step: pack_plan_step) -> String {
        pack_operator_name(UInt32(step.op)).map { String(cString: $0) } ?? "operator \(step.op)"
    }

    private func arguments(_ step: pack_plan_step) -> (inputs: [UInt32], outputs: [UInt32]) {
        let first = Int(step.first_argument)
        let middle = first + Int(step.input_count)
        return (
            Array(plan.arguments[first..<middle]), Array(plan.arguments[middle..<middle + Int(step.output_count)])
        )
    }

    private func line(_ step: pack_plan_step) -> String {
        let (inputs, outputs) = arguments(step)
        let read = inputs.filter { $0 != PACK_PLAN_ABSENT }.map { describe($0) }.joined(separator: ", ")
        return outputs.map { describe($0) }.joined(separator: ", ") + " = \(operatorName(step))(\(read))"
    }

    private func describe(_ index: UInt32) -> String {
        let value = plan.values[Int(index)]
        let shape = plan.dimensions(of: value).map { expression(Int($0)) }.joined(separator: ", ")
        return "\(text(value.name)) \(DType(rawValue: value.dtype)?.name ?? "?")[\(shape)]"
    }

    private func expression(_ index: Int) -> String {
        let record = plan.expressions[index]
        func binary(_ sign: String) -> String {
            "(\(expression(Int(record.a)))\(sign)\(expression(Int(record.b))))"
        }
        return switch record.kind {
        case PACK_PLAN_CONSTANT.rawValue: "\(record.b)"
        case PACK_PLAN_SYMBOL.rawValue: text(plan.symbols[Int(record.a)].name)
        case PACK_PLAN_SUM.rawValue: binary("+")
        case PACK_PLAN_PRODUCT.rawValue: binary("*")
        case PACK_PLAN_QUOTIENT.rawValue: binary("/")
        case PACK_PLAN_LARGER.rawValue: "max" + binary(", ")
        default: "min" + binary(", ")
        }
    }

    var json: JSON {
        [
            "schema": "pack.inspect.plan/1", "path": .string(path), "task": .string("\(plan.task)"),
            "maximumTokens": .int(plan.maximumTokens), "labels": .array(plan.labels.map { .string(text($0)) }),
            "bytes": ["file": .int(plan.bytes.count), "tokenizer": .int(plan.tokenizer.count)],
            "weights": .counts(bytesByType),
            "inputs": .array(plan.inputs.map { value($0) }), "outputs": .array(plan.outputs.map { value($0) }),
            "steps": .array(
                plan.steps.map { step in
                    let (inputs, outputs) = arguments(step)
                    return [
                        "operator": .string(operatorName(step)), "name": .string(text(step.name)),
                        "inputs": .array(inputs.map { $0 == PACK_PLAN_ABSENT ? .null : value($0) }),
                        "outputs": .array(outputs.map { value($0) }),
                    ]
                }),
        ]
    }

    private func value(_ index: UInt32) -> JSON {
        let value = plan.values[Int(index)]
        return [
            "name": .string(text(value.name)), "dtype": .string("\(DType(rawValue: value.dtype)?.name ?? "?")"),
            "shape": .array(plan.dimensions(of: value).map { .string(expression(Int($0))) }),
        ]
    }
}
