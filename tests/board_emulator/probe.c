// Tries the emulated board from inside: one letter from the host, one line back. 115200 baud.
//
//     m   cause of the latest reset: MCUSR           r   one reading of all cells
//     e   EEPROM byte 0, then add 1 to it            p   power all cells down for 100 us
//     t   timer 1 after 10 ms, in ticks of 4 us      w   switch the watchdog on (60 ms), feed it while idle
#include <avr/eeprom.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <stdio.h>
#include <util/delay.h>

#define SCK PD2
#define CELLS 4

static uint8_t reset_cause, watchdog;

static int put(char letter, FILE *stream) {
    (void)stream;
    while (!(UCSR0A & _BV(UDRE0))) {}
    UDR0 = (uint8_t)letter;
    return 0;
}

static FILE uart = FDEV_SETUP_STREAM(put, NULL, _FDEV_SETUP_WRITE);

static uint8_t get(void) {
    while (!(UCSR0A & _BV(RXC0)))
        if (watchdog) wdt_reset();
    return UDR0;
}

static void read_cells(void) {
    uint32_t counts[CELLS] = {0};
    uint8_t all = (1 << CELLS) - 1;
    // From the end of a conversion on: what is asked for at any other time may be torn by the next one.
    while (!(PINC & all)) {}
    while (PINC & all) {}
    for (uint8_t bit = 0; bit < 25; bit++) {
        PORTD |= _BV(SCK);
        _delay_us(1);
        uint8_t levels = PINC;
        PORTD &= (uint8_t)~_BV(SCK);
        _delay_us(1);
        for (uint8_t i = 0; i < CELLS && bit < 24; i++) counts[i] = counts[i] << 1 | (levels >> i & 1);
    }
    uint8_t after = PINC & all;
    for (uint8_t i = 0; i < CELLS; i++) printf("%lu ", counts[i]);
    printf("%u\n", after);
}

int main(void) {
    reset_cause = MCUSR;
    MCUSR = 0;
    wdt_disable();
    UBRR0 = 16;  // with U2X0: 117647 baud, 2.1 % off 115200, as the usual boot loaders have it
    UCSR0A = _BV(U2X0);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    DDRD |= _BV(SCK);
    TCCR1B = _BV(CS11) | _BV(CS10);
    stdout = &uart;
    printf("up\n");
    for (;;) switch (get()) {
            case 'm': printf("%u\n", reset_cause); break;
            case 'e': {
                uint8_t count = eeprom_read_byte(0);
                eeprom_write_byte(0, count + 1);
                eeprom_busy_wait();
                printf("%u\n", count);
                break;
            }
            case 't':
                TCNT1 = 0;
                _delay_ms(10);
                printf("%u\n", TCNT1);
                break;
            case 'r': read_cells(); break;
            case 'p':
                PORTD |= _BV(SCK);
                _delay_us(100);
                PORTD &= (uint8_t)~_BV(SCK);
                printf("down\n");
                break;
            case 'w':
                watchdog = 1;
                wdt_enable(WDTO_60MS);
                printf("watched\n");
                break;
        }
}
