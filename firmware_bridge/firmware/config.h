/* What one board is built for; `make CHANNELS=2 GAIN=64` and so on. */
#ifndef CONFIG_H
#define CONFIG_H

#ifndef CHANNELS
#define CHANNELS 4 /* [channels] converters on this board, 1 to 4 */
#endif
#ifndef GAIN
#define GAIN 128 /* 128 or 64: input A; 32: input B */
#endif
#ifndef RATE_HZ
#define RATE_HZ 80 /* [Hz] as the RATE pin is strapped, 10 or 80; believed only while no converter answers */
#endif
#ifndef SEPARATE_CLOCKS
#define SEPARATE_CLOCKS 0 /* 1: each converter has a clock line of its own */
#endif
#ifndef BUILD_HASH
#define BUILD_HASH 0 /* first four bytes of the source tree's hash; the Makefile knows it */
#endif

#define ALL_CHANNELS ((1u << CHANNELS) - 1)

#if CHANNELS < 1 || CHANNELS > 4
#error "CHANNELS is 1 to 4"
#endif
#if GAIN != 128 && GAIN != 64 && GAIN != 32
#error "GAIN is 128, 64 or 32"
#endif
#if RATE_HZ != 10 && RATE_HZ != 80
#error "RATE_HZ is 10 or 80"
#endif

#endif
