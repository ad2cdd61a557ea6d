import Foundation
import PackCore
import PackGraph
import PackImport
import PackPlanner
import PackQuantize
import Testing

@Suite struct RealModelTests {
    @Test(.enabled(if: ProcessInfo.processInfo.environment["PACK_MODEL_FOLDER"] != nil))
    func unfusedGraphRuns() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["PACK_MODEL_FOLDER"])
        let model = try ImportedModel.load(folder)
        let tokenizer = try TokenizerDefinition.load(folder: model.tokenizerFolder)
        let metadata = PlanMetadata(
            task: .embedding, maximumTokens: model.description.maximumTokens, tokenizer: tokenizer.encodedTable(),
            symbolMaxima: ["sequence": model.description.maximumTokens])
        let draft = try Planner.draft(model.graph, storage: WeightStorage(.f32), metadata: metadata)
        print(draft.operators, draft.stepCount, draft.byteCount, draft.kernelFamilies)
        let runner = try TextRunner(try draft.makeImage(), threads: 1)
        let request = runner.tokens("Hello world, this is a test.")
        print(request.ids)
        let output = try runner.output(ids: request.ids, types: request.types)
        print(output.prefix(8), output.count)
    }
}
