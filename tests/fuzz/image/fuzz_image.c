/* fuzz_image.c: bytes as a picture: JPEG, PNG, BMP. */
#include "fuzz.h"

#include "base/err.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct image_info info;
    struct image im = {0};
    // large pictures are allowed, but here they would only cost time
    if (image_probe(&info, data, n, &e) == 0 && info.width * info.height > 1 << 20)
        return 0;
    image_decode(&im, data, n, &e);
    image_release(&im);
    return 0;
}
