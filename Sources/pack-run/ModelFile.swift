import CPackSystem
import PackServing

/// The mapped plan. It stays mapped until the process ends.
enum ModelFile {
    /// Finds and maps the plan: where `--model` or PACK_MODEL says, else `model.pack` beside the program, else in the folder
    /// that Lambda names. A program that holds its plan has it mapped already.
    static func open(_ named: UnsafePointer<CChar>?, program: UnsafePointer<CChar>?) throws(StartFailure)
        -> UnsafeRawBufferPointer
    {
        var path: UnsafePointer<CChar>?
        var start: UnsafeRawPointer?
        var size = 0
        let result = pack_map_plan(named ?? pack_environment("PACK_MODEL"), program, &path, &start, &size)
        guard result == 0 else {
            var failure = StartFailure("Model.Missing", "cannot read ")
            if let path { failure = failure.with(bytes(of: path)) }
            throw failure.with(": ").withSystemError(Int(result))
        }
        return UnsafeRawBufferPointer(start: start, count: size)
    }
}
