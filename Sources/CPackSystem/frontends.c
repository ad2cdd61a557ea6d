// The front ends for HTTP, each a weak slot that the link line ties or leaves null, as it does with operators and kernels.
#include "pack_system.h"

#if defined(PACK_PRUNABLE)
extern __attribute__((weak)) int32_t pack_fslot_predict(void *context);
extern __attribute__((weak)) int32_t pack_fslot_inference(void *context);

pack_front_end pack_http_front_end(void) { return pack_fslot_inference ? pack_fslot_inference : pack_fslot_predict; }
#else
pack_front_end pack_http_front_end(void) { return 0; }
#endif
