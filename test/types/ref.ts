// The refs as their types see them: what is right, and what is refused.
import {
  AnyRef,
  MapRef,
  NumberRef,
  StringRef,
  StructDefinition,
  StructFactory,
  StructRef,
  VectorRef,
  processHeap,
} from 'threadheap';

const string = StringRef.from('text');
const text: string = string.obtainValue();
string.setValue(text);
// @ts-expect-error a text only
string.setValue(1);
// @ts-expect-error a text only
StringRef.from(1);
// @ts-expect-error constant
string.id = 1;
const again = new StringRef(string.id);
again.drop();

const number = NumberRef.from(1);
number.setValue(number.obtainValue() + 1);
// @ts-expect-error a number only
number.setValue('1');

const texts = new MapRef<StringRef>();
texts.set('key', StringRef.named('name'));
texts.add('key', new StringRef());
const found: StringRef | undefined = texts.get('key');
found?.obtainValue();
// @ts-expect-error a map of texts
texts.set('key', number);
// @ts-expect-error strings are keys
texts.get(1);
const removed: boolean = texts.remove('key');

const mixed = MapRef.named('mixed');
mixed.set('map', mixed);
const any: AnyRef | undefined = mixed.get('map');

const vector = new VectorRef<NumberRef | VectorRef>();
vector.push(number, vector as VectorRef);
const item: NumberRef | VectorRef | undefined = vector.index(0);
const lengths: number = vector.len() + mixed.len();

const Player = new StructFactory({ name: 'string', score: 'number' });
const player = Player.new({ name: 'Anna' });
const name: string = player.getKey('name');
player.setKey('score', 1);
// @ts-expect-error the wrong type
player.setKey('score', '1');
// @ts-expect-error no such key
player.getKey('age');
// @ts-expect-error no such key
Player.new({ age: 1 });
// @ts-expect-error no such type
new StructFactory({ key: 'boolean' });

const proxy = Player.connect_proxy(player.id);
proxy.score = proxy.score + 1;
// @ts-expect-error the wrong type
proxy.name = 1;
Player.named_proxy('anna', { score: 2 }).drop();
mixed.set('player', player);

const Alias: StructDefinition<{ key: 'number' }> = new StructDefinition({ key: 'number' });
const struct: StructRef<{ key: 'number' }> = Alias.named('key');

const used: number = processHeap.currentUsed + processHeap.stats().used;
const problems: string[] = processHeap.verify({ exclusive: true }).map(({ problem }) => problem);

export { any, item, lengths, name, problems, removed, struct, used };
