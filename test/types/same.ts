type Same<A, B> =
  (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;

/** `same<A, B>(true)` compiles when the types are the same, `same<A, B>(false)` when they differ. */
export declare function same<A, B>(areSame: Same<A, B>): void;
