import PackPasses
import Testing
